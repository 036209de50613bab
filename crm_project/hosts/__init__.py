"""The machines of an installation: who is there, what each does by itself, and which may not
start."""
