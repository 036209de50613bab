"""What this room shows on a customer's page, and what staff do there for one customer."""
