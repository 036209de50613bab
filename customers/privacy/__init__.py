"""Personal data: what is personal, sealed, compared, masked; and consent.

In: clear values on their way to a row, and sealed ones on their way to eyes. Out: sealed text with
a keyed hash, masked text, a yes or no for each channel and purpose.
"""
