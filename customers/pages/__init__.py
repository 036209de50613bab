"""Pages of ours under `/customers/`, inside the admin's session and shell: a customer's page, the
merge review, tasks, retention.

In: requests of staff. Out: one call each, and a page whose blocks ask for their own permission.
"""
