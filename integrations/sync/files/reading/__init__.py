"""A stored file as rows of texts, from wherever somebody stopped, in bounded memory.

Three forms: CSV (any usual encoding and delimiter), Excel (.xlsx), JSON Lines. What cannot be read
at all is CannotRead, in words; a row that cannot be read comes with its `problem` and spoils no
other.
"""
