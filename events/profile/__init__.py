"""What this room shows on a customer's page and how it finds customers."""
