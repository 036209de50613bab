"""What came of it.

In: messages, receipts, orders, assignments. Out: results in sets, money that is attributed, and the
kept figures that the dashboard shows.
"""
