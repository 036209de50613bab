"""Segments by hand: who is put on a list, one by one or by a file."""
