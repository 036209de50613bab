"""What the edge keeps of people: erased, kept only so long; and the list of personal data."""
