"""Campaigns: one message to a segment, at once, at a time, or on a schedule.

In: a launch, or a schedule's moment. Out: a message for everyone who was meant, or the reason why
there is none.
"""
