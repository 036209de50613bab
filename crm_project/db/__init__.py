"""How the database is used.

In: statements, and sets of ids. Out: statements prepared and sent together, sets as one parameter,
waiting for the transactions of others, the one clock, patience with locks.
"""
