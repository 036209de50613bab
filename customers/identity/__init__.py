"""Who somebody is: identities as they are spelled, whose they are, merging and undoing."""
