"""What happened: events, orders, bookings, measurements, the catalogue, and what follows from them.

In: `Incoming` items from the doors. Out: ledger, events, typed rows, and a reaction row for each
event that somebody above watches; kept insights (stage of life, interests, figures). It knows
customers and nothing of journeys or messages.
"""
