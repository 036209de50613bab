"""Rows that move from state to state: orders and refunds, bookings; measurements; the catalogue.

In: typed items with the moment of their state, in any order. Out: the newest state of each, and net
amounts in fen.
"""
