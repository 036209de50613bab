"""Rows of a shop's tables, told in any order, become customers, orders, refunds, products and
bookings.

In: changes (`changes.py`) and a mapping (models.py). Out: items of the native
doors.
"""
