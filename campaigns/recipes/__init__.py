"""Ready-made journeys that can be switched on as they are.

In: a namespace, and who switches it on. Out: a published journey with its template and batch.
"""
