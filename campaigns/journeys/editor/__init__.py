"""The editor of journeys: a draft with a revision, changed by one operation at a time, each of
which can be undone.

`operations.py` changes a definition (a dictionary in, another one out); `drafts.py` keeps drafts
and their past; `outline.py` tells a definition as a nested list; `marks.py` says what is wrong with
it. A draft may be wrong; publishing refuses.
"""
