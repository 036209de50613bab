"""What is done to all rows of a list at once: chosen as it is filtered, worked through in the
background.

In: a list's filter and an act of CRM_BULK_ACTS. Out: each row accounted for, by reason; exports.
"""
