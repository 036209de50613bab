"""Personal data: sealed, found, shown by right, copied out, forgotten, kept only so long; and
consent."""
