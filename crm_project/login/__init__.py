"""Who is at the screen.

In: log-ins, devices, codes. Out: a session that ends in time, lock-out, a second step before what
is dangerous, and the scripts that a page may run.
"""
