"""The format of Segment and RudderStack, as their SDKs speak it.

In: their tracking calls. Out: `Incoming` items; the answers that their clients expect.
"""
