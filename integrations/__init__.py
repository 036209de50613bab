"""The edge: doors in (one `Format` each), channels out, the server's API.

In: HTTP requests of apps, shops and vendors. Out: `Incoming` items for `events.ingest`, messages to
vendors, answers with path and code. Vendors do not know each other; each has one folder.
"""
