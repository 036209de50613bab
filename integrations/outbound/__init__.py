"""What we ask of other systems over HTTP: `addresses.py` says whom we may reach, `client.py` makes
one call within its bounds.

Calls that stand in rows (customers/outbound.py) are carried out by integrations/connections.
"""
