"""What every request meets.

In: a request. Out: whose address, how large, who looks, in which words, is all well; and the
admin's theme.
"""
