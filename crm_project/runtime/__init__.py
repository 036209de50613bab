"""What runs Hutong on one machine: the data folder, the embedded servers and their supervisor.

In: the environment. Out: PostgreSQL, Valkey, web, workers and beat, started, watched and stopped in
order. Knows no model.
"""
