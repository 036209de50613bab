"""Rows that move from state to state: orders and refunds, bookings; measurements; the catalogue."""
