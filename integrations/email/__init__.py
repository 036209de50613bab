"""The channel e-mail, over SMTP.

In: rendered messages with an address. Out: letters with a way to unsubscribe; the server's id of
each, or why it was refused.
"""
