"""The HTTP server in front of Django: whole requests go to a few threads, everything unfinished
waits without one (docs/decisions/front.md)."""
