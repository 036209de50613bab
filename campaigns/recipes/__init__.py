"""Ready-made journeys, segments and tags.

In: a namespace, a trade, and who switches it on. Out: a published journey with its segment and
batch. `ready/` holds the journeys that marketers choose from, `packs/` segments and tags;
`absence` and `gift` are what plain forms make, `shop` what the demo begins with.
"""
