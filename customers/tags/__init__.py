"""Tags: put on, taken off, given by a rule, put on many; and their history.

In: people, rules, journeys and merges that say so. Out: who carries which tag until when, and a
change for each time.
"""
