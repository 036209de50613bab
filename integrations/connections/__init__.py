"""Accounts at vendors: which vendors there are (`vendors.py`), how their accounts are faring
(`health.py`), when one is left alone (`breaker.py`), and the calls that go through them
(`calls.py`)."""
