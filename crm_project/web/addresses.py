"""Who is at the other end of a request: one answer for throttles, lock-out, guesses and the
detection of machines.

`X-Forwarded-For` is written by everybody on the way, the client too. It is read from its end, entry
by entry, only as long as whoever wrote an entry is a proxy of ours (`TRUSTED_PROXIES`), and no
further than there are proxies (`PROXIES`).
"""

from collections.abc import Iterable
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Where a proxy stands beside us or in our own network.
NEAR = ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
UNKNOWN = ""  # a peer without an address: a Unix socket
ONES = 64  # how much of an IPv6 address is one household's, one server's


def address_of(request: HttpRequest) -> str:
    """The client's address as text; "" where nobody knows it."""
    return client(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""))


def network_of(request: HttpRequest) -> str:
    """What one client can call its own: an IPv4 address, or the /64 of an IPv6 address, as
    `2001:db8:1:2::/64`."""
    return network(address_of(request))


def client(peer: str, forwarded: str) -> str:
    """The client's address, from the address of the connection and what `X-Forwarded-For` says."""
    found, entries = parsed(peer), forwarded.split(",")
    for _proxy in range(settings.PROXIES):
        if not is_proxy(found, peer) or not entries:
            break
        stated = parsed(entries.pop())
        if stated is None:  # whoever wrote this is the last one known
            break
        found, peer = stated, str(stated)
    return str(found) if found else UNKNOWN


def network(address: str, ones: int = ONES) -> str:
    """The address itself for IPv4, the network of its first `ones` bits for IPv6."""
    found = parsed(address)
    return (
        str(ip_network((found, ones), strict=False))
        if isinstance(found, IPv6Address)
        else str(found or UNKNOWN)
    )


def parsed(text: str) -> Address | None:
    """An address as proxies write it: with a port, in brackets, with a zone, IPv4 inside IPv6."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def is_proxy(found: Address | None, peer: str) -> bool:
    """Whether what this peer says of others is believed. Who comes over a Unix socket was let in by
    its file's rights."""
    if found is None:
        return peer == UNKNOWN
    return any(found in one for one in networks(tuple(settings.TRUSTED_PROXIES)))


@cache
def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Raises ValueError for what is no network."""
    return tuple(ip_network(text.strip()) for text in texts)
