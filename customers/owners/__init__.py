"""Who of the staff looks after whom, and the stores that people come to.

In: somebody assigns, one customer or many; shops name their stores. Out: the owner in force, for
pages, lists, segments. Rows follow their origin through merges, so an undone merge gives each back
their own.
"""
