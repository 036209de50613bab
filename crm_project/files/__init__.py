"""The one shared store of files: what staff bring (uploads, in parts) and what background work
makes (exports, lists of errors).

In come bytes, part by part; out go the same bytes, part by part, in constant memory. Each file has
a key of its own, sealed on its row, and every part is encrypted with it wherever it lies: in the
database (the default), in a folder that all machines share, or in a bucket that speaks S3
(stores.py). A file is never on one web host's disk, and goes when its time is over (expiring.py).
"""
