"""Who somebody is: identities as they are spelled, whose they are, merging and undoing.

In: sets of identities with the source that named them. Out: one customer for each set; claims,
conflicts and merges as rows, which others follow.
"""
