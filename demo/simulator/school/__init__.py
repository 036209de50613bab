"""A school: families enrol in courses, come to weekly lessons or stay away, and are marked."""
