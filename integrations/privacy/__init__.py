"""What the edge keeps of people: erased, kept only so long.

In: a customer, or a term. Out: spool and quarantine without them; the list of personal data, made
of all rooms' classes.
"""
