"""Webhooks: what we tell other systems, signed as Standard Webhooks describes."""
