"""Stand-ins of the vendors: real HTTP programs that answer, check and misbehave as they do."""
