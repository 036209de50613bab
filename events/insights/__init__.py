"""What is concluded from events: stage of life, interests, habits, activity, kept figures.

In: events in the order of their ids, orders, changed customers. Out: rows per customer, day and
name, equal to a recount at any moment.
"""
