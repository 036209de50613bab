"""What every door shares.

In: bytes and headers. Out: a caller who is known, items for `events.ingest`, an answer with path
and code; what was not understood is kept and tried again.
"""
