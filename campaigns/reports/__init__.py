"""What came of it: results in sets, and the kept figures that the dashboard shows."""
