"""What is known of a customer, key by key.

In: statements with their moment, absolute or relative to what is known. Out: current values, the
last statement winning, and their history.
"""
