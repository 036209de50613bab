"""The workspace's zone and trade: how times are read and shown, in whose words pages speak."""
