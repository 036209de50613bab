"""The workspace's zone: how times are read and shown."""
