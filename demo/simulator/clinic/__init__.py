"""A clinic: patients book a service of a doctor, come or do not, pay for the visit, and are
measured over time."""
