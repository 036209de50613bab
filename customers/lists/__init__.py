"""Segments by hand.

In: a file, a pasted list, or one customer. Out: list members, and a line for everyone who was not
found.
"""
