"""Journeys: definition, triggers and steps, who enters, how a run walks, where a message may speak
of what."""
