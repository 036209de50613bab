"""Conditions about what customers did, bought, booked and had measured.

In: a moment and, where few are meant, who. Out: a set of customers, the rows that decided, and a
sentence.
"""
