"""Tags: put on, taken off, given by a rule, put on many; and their history."""
