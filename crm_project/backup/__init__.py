"""Backup and restore: one file that holds every row, made from one moment, readable by every
PostgreSQL that we run on.

Structure is never copied: it is what the migrations make. So a file from PostgreSQL 18 goes into
15, and one of last year goes into today's code: the migrations run up to where the file was made,
the rows go in, the later migrations follow.
"""
