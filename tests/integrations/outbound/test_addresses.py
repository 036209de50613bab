"""Whom we may reach, however an address is spelled."""

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.outbound import addresses
from integrations.outbound.addresses import Forbidden

LOCAL_4 = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
]
LOCAL_6 = [
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "3fff::1",
    "100::1",
]


@pytest.mark.parametrize("spelled", LOCAL_4 + LOCAL_6)
def test_an_address_of_no_public_network_is_not_public(spelled):
    assert not addresses.is_public(spelled)


@pytest.mark.parametrize(
    "spelled",
    ["1.1.1.1", "223.5.5.5", "172.32.0.1", "2606:4700::1111", "2400:3200::1", "64:ff9b::1.1.1.1"],
)
def test_a_public_address_is(spelled):
    assert addresses.is_public(spelled)


def spellings(number: int) -> list[str]:
    """How a resolver lets an IPv4 address be written."""
    a, b, c, d = number.to_bytes(4)
    return [
        f"{a}.{b}.{c}.{d}",
        str(number),
        hex(number),
        f"0{number:o}",
        f"{a}.{number & 0xFFFFFF}",
        f"{a}.{b}.{number & 0xFFFF}",
        f"{a:#x}.{b:#x}.{c:#x}.{d:#x}",
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"{a}.{b}.{c}.{d}".translate(str.maketrans("0123456789", "０１２３４５６７８９")),
        f"{a}。{b}。{c}。{d}",
        f"[::ffff:{a}.{b}.{c}.{d}]",
        f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]",
        f"[64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}]",
        f"[0:0:0:0:0:FFFF:{number >> 16:X}:{number & 0xFFFF:X}]",
    ]


NOT_PUBLIC = st.sampled_from(addresses.NOT_PUBLIC_4).flatmap(
    lambda net: st.integers(int(net.network_address), int(net.broadcast_address))
)


@given(number=NOT_PUBLIC, how=st.integers(0, 13), port=st.sampled_from(["", ":443", ":8443"]))
def test_no_spelling_of_a_local_address_is_let_through(number, how, port):
    with pytest.raises(Forbidden):
        addresses.checked(f"https://{spellings(number)[how]}{port}/hook")


@given(number=st.integers(0, 2**32 - 1), how=st.integers(0, 13))
def test_a_spelling_is_judged_as_the_address_that_a_socket_makes_of_it(number, how):
    spelled = spellings(number)[how]
    try:
        addresses.checked(f"https://{spelled}/")
        is_let_through = True
    except Forbidden:
        is_let_through = False

    if is_let_through:
        host = addresses.URL(f"https://{spelled}/").raw_host
        found = socket.getaddrinfo(host, 443, flags=socket.AI_NUMERICHOST)
        assert all(ipaddress.ip_address(one[4][0]).is_global or "64:ff9b" in host for one in found)


@given(st.text(max_size=60))
def test_no_text_is_more_than_refused(text):
    try:
        url = addresses.checked(text)
    except Forbidden:
        return
    assert (url.scheme, url.port) in {("https", 443), ("https", 8443)}


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("http://shop.example.com/hook", "not_https"),
        ("https://shop.example.com:6379/", "not_https"),
        ("https://user:secret@shop.example.com/", "password_in_address"),
        ("https://shop.example.com@10.0.0.1/", "password_in_address"),
        ("https://localhost/", "local_address"),
        ("https://postgres/", "local_address"),
        ("https://metadata.google.internal/", "local_address"),
        ("https://LOCALHOST./", "local_address"),
        ("ftp://shop.example.com/", "bad_address"),
        ("file:///etc/passwd", "bad_address"),
        ("gopher://127.0.0.1:6379/_INFO", "bad_address"),
        ("https:///hook", "bad_address"),
        ("https://[::1", "bad_address"),
        ("shop.example.com", "bad_address"),
        ("https://shop.example.com/a b", "bad_address"),
    ],
)
def test_what_is_refused_says_why(address, code):
    with pytest.raises(Forbidden) as refused:
        addresses.checked(address)
    assert refused.value.code == code


def test_an_operator_vouches_for_a_host_or_one_of_its_ports(settings):
    settings.OUTBOUND_HOSTS = ["crm.intern", "127.0.0.1:9001", "[::1]:9002"]

    addresses.checked("http://crm.intern:8080/hook")
    addresses.checked("http://127.0.0.1:9001/hook")
    addresses.checked("http://[::1]:9002/hook")
    for refused in ("http://127.0.0.1:9002/", "http://[::1]:9001/", "http://127.0.0.2:9001/"):
        with pytest.raises(Forbidden):
            addresses.checked(refused)
