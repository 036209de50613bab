"""The arithmetic of reports: pure functions over counts and sums, nothing of the database.

In: what was counted of each arm. Out: differences with their intervals, whether the arms are as
large as was planned, profit, and the word that may be said of it.
"""
