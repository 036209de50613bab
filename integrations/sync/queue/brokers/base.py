"""What a reader needs of a broker, and how one is reached."""

import socket
from collections.abc import Mapping, Sequence

from integrations.models import QueueSource
from integrations.outbound import addresses
from integrations.outbound.addresses import Forbidden
from integrations.sync.queue.message import Message

CONNECT_SECONDS = 5


class Broker:
    """One queue of one broker, opened. Whatever it raises, it is closed and opened anew: what was
    not acknowledged comes again."""

    def __init__(self, settings: Mapping, queue: QueueSource):
        raise NotImplementedError

    def take(self, most: int, seconds: float) -> list[Message]:
        """Up to `most` messages; none where none came in so many seconds."""
        raise NotImplementedError

    def settle(self, messages: Sequence[Message]) -> None:
        """The broker has forgotten these: they are committed."""
        raise NotImplementedError

    def waiting(self) -> int | None:
        """How many the broker still has for us; None where it does not say."""
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


def reachable(host: str, port: int) -> str:
    """The address to connect to: the host as it is spelled where the operator vouches for it, else
    a public address of it, so that a name that changes its answer gains nothing. Raises Forbidden,
    OSError."""
    if addresses.is_allowed(host, port):
        return host
    addresses.check_host(host)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not found or not all(addresses.is_public(sockaddr[0]) for *_kind, sockaddr in found):
        raise Forbidden("local_address")
    return str(found[0][4][0])
