"""Any gateway for short messages that is spoken to over HTTP, described by a form: what is called,
what it is told, how that is signed, and by what one sees that it took a text.

The text is free: advertising gets how to refuse more at its end, once, and it is counted.
"""
