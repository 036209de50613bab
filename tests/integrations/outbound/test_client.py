"""One call to a server with bad manners, over real sockets."""

import asyncio
import datetime as dt
import socket
import ssl

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from integrations.outbound import client
from integrations.outbound.client import CallFailed, Request
from tests import rude


@pytest.fixture
def server(settings):
    with rude.Rude() as running:
        settings.OUTBOUND_HOSTS = [f"127.0.0.1:{running.port}", f"[::1]:{running.port}"]
        yield running


def failed(url, **about) -> CallFailed:
    with pytest.raises(CallFailed) as found:
        client.call(Request("POST", url, body=b"{}"), **about)
    return found.value


def in_a_moment(monkeypatch):
    """A call's time is short, so that nobody waits for what never comes. Sessions hold the time
    they were made with."""
    monkeypatch.setattr(client, "SECONDS", 0.5)

    async def forget():
        for session in client._sessions.pop(asyncio.get_running_loop(), {}).values():
            await session.close()

    asyncio.run_coroutine_threadsafe(forget(), client.sending.loop()).result()
    return forget


@pytest.fixture
def impatient(monkeypatch):
    forget = in_a_moment(monkeypatch)
    yield
    monkeypatch.undo()
    asyncio.run_coroutine_threadsafe(forget(), client.sending.loop()).result()


def test_a_good_answer_is_read(server):
    answer = client.call(Request("POST", f"{server.url}/hook", {"X-Ours": "1"}, b'{"a":1}'))

    assert (answer.status, answer.body) == (200, b'{"ok": true}')
    assert server.seen[0].startswith(b"POST /hook HTTP/1.1")
    assert b"X-Ours: 1" in server.seen[0]
    assert server.seen[0].endswith(b'{"a":1}')


@pytest.mark.parametrize(
    ("manners", "code", "is_final"),
    [
        (rude.silent, "timeout", False),
        (rude.dripping, "timeout", False),
        (rude.endless, "too_large", True),
        (rude.well(b"x" * (2 << 20)), "too_large", True),
        (rude.cut, "cut", False),
        (rude.garbage, "garbled", False),
        (rude.status(500), "busy", False),
        (rude.status(429), "busy", False),
        (rude.status(404), "status", True),
        (rude.redirect("http://127.0.0.1:1/secret"), "redirect", True),
    ],
)
def test_bad_manners_are_told_apart(server, impatient, manners, code, is_final):
    server.manners.append(manners)

    found = failed(server.url)

    assert (found.code, found.is_final) == (code, is_final)
    assert client.in_words(str(found)) != str(found)


def test_a_redirect_to_ourselves_reaches_nobody(server):
    with rude.Rude() as secret:
        server.manners.append(rude.redirect(secret.url))

        assert failed(server.url).code == "redirect"
        assert secret.opened == 0


def test_how_long_it_wants_to_be_left_alone_is_heard_within_reason(server):
    for header, seconds in ((b"7", 7), (b"9" * 12, 3600), (b"soon", None), (b"-1", None)):
        server.manners.append(rude.status(503, b"Retry-After: " + header + b"\r\n"))
        assert failed(server.url).retry_after == seconds


def test_who_is_not_vouched_for_is_not_even_connected_to(server, settings):
    settings.OUTBOUND_HOSTS = []

    for host in (
        "127.0.0.1",
        "0x7f.1",
        "2130706433",
        "[::ffff:127.0.0.1]",
        "localhost",
        "１２７.1",
    ):
        found = failed(f"https://{host}:8443/")
        assert found.code in {"local_address", "bad_address"}
    assert failed(server.url).code == "not_https"
    assert server.opened == 0


@pytest.fixture
def resolver(monkeypatch):
    """A name server of a stranger: `answers` are the addresses of the name, look-up by look-up."""
    ask, answers = socket.getaddrinfo, []

    def look_up(host, port, *args, **named):
        if host != "rebinding.example":
            return ask(host, port, *args, **named)
        if named.get("flags", 0) & socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "no number")
        found = answers.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return answers


@pytest.mark.parametrize("found", [["127.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["169.254.169.254"]])
def test_a_name_with_a_local_address_is_refused(resolver, found):
    resolver.append(found)

    assert failed("https://rebinding.example:8443/").code == "local_address"


def test_a_name_that_changes_its_mind_after_it_was_looked_at_gains_nothing(resolver, monkeypatch):
    """The last look is at the socket's own address: the resolver's judgement is taken away here."""
    with rude.Rude() as secret:
        resolver.append(["127.0.0.1"])

        async def rebound():
            connector = aiohttp.TCPConnector(socket_factory=client.public_socket)
            async with aiohttp.ClientSession(connector=connector) as http:
                await http.get(f"http://rebinding.example:{secret.port}/")

        with pytest.raises(aiohttp.ClientConnectorError) as refused:
            asyncio.run(rebound())
        assert client.code_of(refused.value) == "local_address"
        assert secret.opened == 0


def test_a_certificate_of_nobody_is_refused(settings, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with rude.Rude(context) as server:
        settings.OUTBOUND_HOSTS = [f"127.0.0.1:{server.port}"]

        assert failed(server.url).code == "tls"
        assert server.seen == []
