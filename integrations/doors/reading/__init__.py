"""What formats share to read items: identities, money, times, traits, free JSON."""
