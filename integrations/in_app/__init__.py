"""The channel inside the mini-program.

In: rendered messages. Out: rows that the mini-program fetches: what is recorded is delivered.
"""
