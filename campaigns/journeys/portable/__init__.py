"""A journey as one JSON document that another installation can read: names instead of numbers, with
the segments, texts, coupon terms and tags that it needs.

`references.py` says what a journey names and turns numbers into names and back; `exporting.py`
writes the document; `document.py` reads one and refuses what is none; `importing.py` makes rows of
it, all or nothing.
"""
