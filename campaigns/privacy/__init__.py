"""Messages and coupons of a person: erased, copied out, kept only so long.

In: a customer, or a term. Out: rows without what leads to the person; the figures stay.
"""
