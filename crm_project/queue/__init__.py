"""PostgreSQL as the queue: due rows, worker loops, wake-ups, ticks, and the lane of mass
changes."""
