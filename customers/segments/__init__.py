"""Segments: rules as sets, who is in them, why, how fresh, what they cost."""
