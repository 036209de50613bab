"""Segments: rules as sets, who is in them, why, how fresh, what they cost.

In: definitions, changed customers, and time. Out: members, transitions for whoever watches, sizes;
for one rule a count, a sentence and the reasons.
"""
