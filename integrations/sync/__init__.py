"""Data that comes and goes in bulk: files, queues, and the proof that nothing is missing."""
