"""What an operator is warned of before it hurts, at one address."""
