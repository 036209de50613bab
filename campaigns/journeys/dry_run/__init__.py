"""What a journey would have done: its draft is walked through the past, and nothing is written.

The engine's own `decide` walks (decision 14); what is put in place of the world stands here: the
events as they were known then (past.py), who would have begun (beginnings.py), a sink for what
steps do (imagined.py), the rules of sending by the facts of that time (letters.py, facts.py), and a
clock that goes from one wake to the next (walking.py).
"""
