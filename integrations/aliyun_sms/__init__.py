"""Aliyun's short messages (dysmsapi, 2017-05-25).

In: texts that match approved templates. Out: a BizId for each call of up to 100 texts; what became
of each number comes as a receipt, pushed or asked for.
"""
