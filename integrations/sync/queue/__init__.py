"""Messages of queues (RabbitMQ) and streams (Redis, Valkey), read by `manage.py consume`.

In: bodies of our own format, or changes of tables as Canal, Debezium and Maxwell write them. Out:
the same rows as by the doors, acknowledged after the commit.
"""
