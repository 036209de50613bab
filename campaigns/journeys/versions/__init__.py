"""A journey's versions: two of them compared, an older one restored into the draft, those under way
moved from one to another.

`parts.py` takes a definition apart, whatever is in it; `comparing.py` tells two of them apart;
`mapping.py` proposes who goes where; `moving.py` moves a batch, `jobs.py` all of them.
"""
