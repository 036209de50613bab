"""How long each kind of data is kept: declared by a class in each room, carried out by one tick.

In: the classes of CRM_RETENTION and the terms that were agreed to. Out: rows that are gone, a
window of ids at a time.
"""
