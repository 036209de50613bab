"""Personal data in events and their rows: covered, erased, copied out, kept only so long."""
