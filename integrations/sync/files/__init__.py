"""Files in: customers, orders, events and the like by CSV, Excel or JSON Lines, as history.

In: a file that somebody has uploaded, and what its columns mean (ImportMapping). Out: the same
items that the native doors make, recorded by events/ingest.py, a row for each that was new or
changed (ImportRow), a file of those that were refused, and an undo.
"""
