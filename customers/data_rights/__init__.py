"""What a person may ask for and what the law asks of us: forgetting, a copy, showing by right,
keeping only so long."""
