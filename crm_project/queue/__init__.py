"""PostgreSQL as the queue.

In: rows with `due_at`. Out: batches that are leased, done and fenced by worker loops, at once by a
wake-up and within a second by a tick.
"""
