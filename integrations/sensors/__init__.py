"""The format of Sensors Analytics 神策, as its SDKs speak it.

In: its records, packed as its clients pack them. Out: `Incoming` items; an answer that lets no
client drop what was not kept.
"""
