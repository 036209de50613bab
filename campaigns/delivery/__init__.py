"""Messages on their way: queued by effect key, judged, rendered, sent, recorded.

In: who is to get what, and why they are asked; receipts. Out: parcels for a `Channel`, and a state
with a reason for every message.
"""
