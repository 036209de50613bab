"""Short messages: what all vendors share.

In: rendered texts with numbers in E.164. Out: the vendor's id of each, or why it was refused, in
words; receipts and replies, pushed and pulled; templates and signatures as the vendor has them.
Each vendor is a folder beside this one, with a `SmsVendor`.
"""
