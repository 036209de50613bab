"""Campaigns: one message to a segment, at once, at a time, or on a schedule."""
