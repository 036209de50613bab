"""Work on many, in the background: one mechanism for what takes longer than somebody waits.

In comes a job: its kind (CRM_JOBS), what was said, who began it, perhaps a file. It is worked
through in batches of a second or less, each with its effects and its place in one transaction; jobs
take turns. Out come counts (done, skipped by reason), perhaps a result file and a file of errors.
"""
