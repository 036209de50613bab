"""What a journey can do, one step a file: wait, branch, split, send, give a coupon, tag, note.

In: the runs that stand at a step. Out: for each run Go, Sleep or End; the world is changed through
`Effects` only, so that a trial can put a sink there.
"""
