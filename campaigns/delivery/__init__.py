"""Messages on their way: queued by effect key, judged, rendered, sent, recorded."""
