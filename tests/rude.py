"""A server with bad manners, on a socket: what it does next is told by `manners`.

Each is what a receiver may do to whoever calls it: be slow, drip, answer megabytes, lead elsewhere,
take everything and close, say nothing that is HTTP.
"""

import socket
import ssl
import threading
import time
from collections import deque
from contextlib import suppress

OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b"


class Rude:
    """`seen` are the requests that came whole, as bytes; `opened` how often somebody connected."""

    def __init__(self, certificate: ssl.SSLContext | None = None):
        self.manners: deque = deque()
        self.seen: list[bytes] = []
        self.opened = 0
        self.certificate = certificate
        self.over = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self.listen, daemon=True).start()
        return self

    def __exit__(self, *_error):
        self.over.set()
        self.listener.close()

    @property
    def url(self) -> str:
        return f"http{'s' if self.certificate else ''}://127.0.0.1:{self.port}"

    def listen(self):
        with suppress(OSError):
            while True:
                peer, _address = self.listener.accept()
                self.opened += 1
                threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer: socket.socket):
        with suppress(OSError):
            if self.certificate:
                peer = self.certificate.wrap_socket(peer, server_side=True)
            while request := self.read(peer):
                self.seen.append(request)
                if (self.manners.popleft() if self.manners else well())(self, peer) is False:
                    break
        peer.close()

    def read(self, peer) -> bytes:
        """One request with its body; nothing where the caller has gone."""
        got = b""
        while b"\r\n\r\n" not in got:
            more = peer.recv(65536)
            if not more:
                return b""
            got += more
        head, _blank, body = got.partition(b"\r\n\r\n")
        length = next(
            (
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length:")
            ),
            0,
        )
        while len(body) < length:
            body += peer.recv(65536)
        return head + b"\r\n\r\n" + body


def well(body: bytes = b'{"ok": true}'):
    return lambda _server, peer: peer.sendall(OK % (len(body), body))


def status(code: int, headers: bytes = b""):
    def said(_server, peer):
        peer.sendall(b"HTTP/1.1 %d Said\r\n%bContent-Length: 0\r\n\r\n" % (code, headers))

    return said


def redirect(to: str):
    return status(302, b"Location: %b\r\n" % to.encode())


def silent(server, _peer):
    """It takes the request and says nothing as long as anybody waits."""
    server.over.wait(60)
    return False


def dripping(server, peer):
    """A byte now and then, for ever."""
    peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not server.over.is_set():
        peer.sendall(b".")
        time.sleep(0.05)
    return False


def endless(server, peer):
    """An answer that says nothing of its length, and does not end."""
    peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not server.over.is_set():
        peer.sendall(b"x" * 65536)
    return False


def cut(_server, _peer):
    """It has taken everything, and closes."""
    return False


def garbage(_server, peer):
    peer.sendall(b"220 mail.example.com ESMTP\r\n")
    return False
