"""What a person may ask for and what the law asks of us.

In: wishes to be forgotten, copied out, shown. Out: what CRM_ERASERS, CRM_EXPORTS and CRM_RETENTION
make of them in every room, and marks that outlive a restore.
"""
