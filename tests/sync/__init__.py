"""Files in and out, queues, reconciliation: on real servers."""
