"""Accounts at vendors: which vendors there are (`vendors.py`), when one is left alone
(`breaker.py`), and the calls that go through them (`calls.py`); how they are faring:
`customers/connection_health.py`."""
