"""Who is at the screen: the second step, how long a session lasts, lock-out, and what scripts a
page may run."""
