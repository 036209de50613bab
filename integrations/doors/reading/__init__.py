"""What formats share to read items.

In: decoded JSON. Out: identities, money in fen, times, traits, free properties; or what is wrong,
with its path.
"""
