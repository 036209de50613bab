"""Whom we may reach. An address that staff typed must not lead into our own network: to a database,
to the metadata of a cloud, to this machine.

A name is judged by the addresses it resolves to, and each connection by the address that its socket
is opened to (client.py), so that a name that changes its answer in between gains nothing. What is
not plainly a public address is refused; an operator allows a host by HUTONG_OUTBOUND_HOSTS.
"""

import socket
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from yarl import URL

PORTS = frozenset({443, 8443})
NOT_PUBLIC_4 = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # carriers; a cloud's metadata at 100.100.100.200
            "127.0.0.0/8",
            "168.63.129.16/32",  # a cloud's own server, though its address looks public
            "169.254.0.0/16",  # link-local; metadata at 169.254.169.254
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",  # multicast, reserved, broadcast
        ),
    )
)
PUBLIC_6 = ip_network(
    "2000::/3"
)  # all that has been given out; mapped, local, loopback lie outside
NOT_PUBLIC_6 = tuple(
    map(
        ip_network,
        (
            "2001::/23",  # Teredo and other protocols, which lead to IPv4 addresses
            "2001:db8::/32",
            "2002::/16",  # 6to4, likewise
            "3fff::/20",
        ),
    )
)
NAT64 = ip_network("64:ff9b::/96")  # how hosts without IPv4 reach it: the last 32 bits


class Forbidden(OSError):
    """The address, or the name, is none that we may reach. `code` says why (client.WORDS)."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


def is_public(spelled: str) -> bool:
    """Whether an address, as a socket is given it, is one that everybody can reach."""
    address = ip_address(spelled.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address in NAT64:
            return is_public_4(IPv4Address(int(address) & 0xFFFF_FFFF))
        if address.ipv4_mapped:
            return is_public_4(address.ipv4_mapped)
        return address in PUBLIC_6 and not any(address in net for net in NOT_PUBLIC_6)
    return is_public_4(address)


def is_public_4(address: IPv4Address) -> bool:
    return not any(address in net for net in NOT_PUBLIC_4)


def is_allowed(host: str, port: int | None) -> bool:
    """Whether the operator vouches for it: `host`, or `host:port` for this port only."""
    return is_named_in(tuple(settings.OUTBOUND_HOSTS), host, port)


@lru_cache(maxsize=500)
def is_named_in(vouched_for: tuple[str, ...], host: str, port: int | None) -> bool:
    plain = host.lower().strip("[]").rstrip(".")
    named = {one.strip().lower() for one in vouched_for}
    return bool(named & {plain, f"{plain}:{port}", f"[{plain}]:{port}", f"[{plain}]"})


def is_here(address: str) -> bool:
    """Whether it names this machine by its number: where the demo's stand-ins of vendors answer."""
    try:
        host = URL(address).host or ""
    except ValueError:
        return False
    return host in {"127.0.0.1", "::1", "localhost"}


def checked(address: str) -> URL:
    """The address, if we may call it as far as its text alone can say. Raises Forbidden.

    Odd spellings of numbers (octal, hexadecimal, one number, full width) are read as a socket would
    read them.
    """
    return judged(address, tuple(settings.OUTBOUND_HOSTS))


@lru_cache(maxsize=500)  # a batch of messages calls one address hundreds of times
def judged(address: str, vouched_for: tuple[str, ...]) -> URL:
    """The same, as long as the operator vouches for these hosts."""
    try:
        url = URL(address)
        host, port = url.raw_host, url.port
    except ValueError:
        raise Forbidden("bad_address") from None
    if not host or url.scheme not in {"https", "http"} or any(c.isspace() for c in address):
        raise Forbidden("bad_address")
    if url.user is not None or url.password is not None:
        raise Forbidden("password_in_address")
    if is_named_in(vouched_for, host, port):
        return url
    if url.scheme != "https" or port not in PORTS:
        raise Forbidden("not_https")
    check_host(host)
    return url


def check_host(host: str) -> None:
    """Raises Forbidden where the host is a number that is not public, or a name of the local
    network."""
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):  # a name, then
        plain = host.lower().rstrip(".")
        if "." not in plain or plain.endswith((".localhost", ".local", ".internal")):
            raise Forbidden("local_address") from None
        return
    if not all(is_public(sockaddr[0]) for *_kind, sockaddr in found):
        raise Forbidden("local_address")
