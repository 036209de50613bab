"""A toy subject: points that a shop's customers collect. Everything that the product does with it
follows from its `subject.py` and one line of settings (settings.py; the app is named there too,
since its table stands in no room of ours)."""
