"""A customer's page: its panels, the timeline and its sources, notes, what staff may do, how
somebody is found."""
