"""Personal data in events and their rows.

In: properties and contexts as they came. Out: what is personal sealed apart from the rest; and this
room's part in erasing, copying out and keeping.
"""
