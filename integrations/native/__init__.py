"""Our own format: a door for each type of thing, signed by servers or named by a public key.

In: JSON, one item or a batch. Out: `Incoming` items, and an answer for each with path and code.
"""
