"""Whose request it is, whoever claims what in X-Forwarded-For."""

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from crm_project.web.addresses import address_of, client, network, network_of

PROXY = "10.0.0.2"


@pytest.fixture(autouse=True)
def one_proxy(settings):
    settings.PROXIES, settings.TRUSTED_PROXIES = 1, ["10.0.0.0/8", "::1/128"]


def test_a_stranger_says_nothing_about_themselves():
    assert client("203.0.113.9", "198.51.100.7") == "203.0.113.9"


def test_of_what_a_proxy_forwards_its_own_entry_counts():
    assert client(PROXY, "1.2.3.4, 198.51.100.7") == "198.51.100.7"
    assert (
        client(PROXY, "1.2.3.4, 10.9.9.9") == "10.9.9.9"
    )  # a client inside; what it wrote itself stays unread


def test_without_proxies_the_header_is_not_read(settings):
    settings.PROXIES = 0
    assert client(PROXY, "198.51.100.7") == PROXY


def test_a_second_proxy_is_believed_by_its_network_and_the_number_of_proxies(settings):
    said = "1.2.3.4, 198.51.100.7, 10.0.0.3"
    assert client(PROXY, said) == "10.0.0.3"
    settings.PROXIES = 2
    assert client(PROXY, said) == "198.51.100.7"
    assert client(PROXY, "1.2.3.4, 198.51.100.7, 192.0.2.1") == "192.0.2.1"


def test_over_a_unix_socket_the_proxy_is_ours():
    assert client("", "198.51.100.7") == "198.51.100.7"
    assert client("", "") == ""


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("198.51.100.7:4711", "198.51.100.7"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ('"[2001:db8::1]"', "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("unknown", PROXY),
        ("", PROXY),
        ("198.51.100.7, junk", PROXY),
    ],
)
def test_as_proxies_write_addresses(written, address):
    assert client(PROXY, written) == address


def test_a_network_is_an_address_or_the_64_of_one():
    assert network("198.51.100.7") == "198.51.100.7"
    assert (
        network("2001:db8:1:2:aaaa:bbbb:cccc:dddd")
        == network("2001:db8:1:2::9")
        == "2001:db8:1:2::/64"
    )
    assert network("::ffff:198.51.100.7") == "198.51.100.7"
    assert network("2001:db8:1:2::9", 48) == "2001:db8:1::/48"
    assert network("") == ""


def test_of_a_request():
    request = RequestFactory().get("/", REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR="2001:db8::9")
    assert (address_of(request), network_of(request)) == ("2001:db8::9", "2001:db8::/64")


@limits(max_examples=30)
@given(st.text(max_size=60), st.ip_addresses())
def test_no_text_of_a_stranger_moves_the_answer(text, own):
    assert client(PROXY, f"{text},{own}") == client(PROXY, str(own))
    assert client("203.0.113.9", text) == "203.0.113.9"
