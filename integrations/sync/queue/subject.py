"""Queues in: what this subject adds to the product (crm_project/subjects.py)."""

FORMATS = ["integrations.sync.queue.format.QueueFormat"]
VENDORS = [
    "integrations.sync.queue.vendors.RabbitMq",
    "integrations.sync.queue.vendors.RedisStream",
]
HOST_DUTIES = ["integrations.sync.queue.duty.Queues"]
ALARMS = ["integrations.sync.queue.alarms.Behind"]
NEEDS = ["integrations.sync.queue.attention.Failing"]
RETENTION = [
    "integrations.sync.queue.retention.Queues",
    "integrations.sync.queue.retention.Captured",
]
