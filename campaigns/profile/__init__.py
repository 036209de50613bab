"""What this room shows on a customer's page, and what staff do there for one customer.

In: a customer and a viewer. Out: panels, entries of the story; messages and coupons by hand.
"""
