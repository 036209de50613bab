"""Each host's `up` runs a reader of queues while any queue is switched on."""

from crm_project.hosts.duties import Duty
from crm_project.runtime import consume
from integrations.sync.queue.consuming import wanted_queues


class Queues(Duty):
    key = "queues"

    def work(self):
        consume.want(wanted_queues().exists())
        return False
