"""What this room shows on a customer's page, and how it finds customers.

In: a customer, or a term. Out: panels, entries of the story, customers with the reason why.
"""
