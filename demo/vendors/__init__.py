"""Stand-ins of the vendors: real HTTP programs that answer, check and misbehave as they do. The
demo lives with them, tests try everything at them, and each is a program of its own."""
