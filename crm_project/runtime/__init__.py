"""What runs Hutong on one machine: the data folder, the embedded servers and their supervisor.
Knows no model."""
