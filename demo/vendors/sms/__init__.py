"""What platforms of short messages have in common, whoever runs them."""
