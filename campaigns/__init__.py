"""What we do about it: journeys, campaigns, messages, coupons, and what they earned.

In: reactions to events, transitions of segments, the clock, and what marketers and staff ask for.
Out: runs, messages, coupons, assignments; messages leave through a `Channel`, which the room above
implements.
"""
