"""How each kind of broker is read: a module for each."""

from integrations.models import QueueSource
from integrations.sync.queue.brokers.amqp import Amqp
from integrations.sync.queue.brokers.base import Broker
from integrations.sync.queue.brokers.streams import Stream

BROKERS: dict[str, type[Broker]] = {"rabbitmq": Amqp, "redis_stream": Stream}


def open_for(queue: QueueSource) -> Broker:
    """Connected, and ready to be read. Raises what stands in the way."""
    return BROKERS[queue.connection.vendor](queue.connection.settings, queue)
