"""Tencent Cloud's short messages (sms, 2021-01-11).

In: texts that match approved templates. Out: a SerialNo for each number, or why it was refused,
inside one answer; receipts are pushed or pulled.
"""
