"""What a rule can ask about customers themselves; what they did is asked in the rooms above.

In: a moment and, where few are meant, who. Out: a set of customers, the rows that decided, and a
sentence.
"""
