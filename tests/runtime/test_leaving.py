"""What a leaving web worker owes to a connection."""

import socket
import time
from contextlib import ExitStack

import pytest

from crm_project.runtime import leaving

pytestmark = pytest.mark.skipif(not hasattr(socket, "TCP_INFO"), reason="only Linux says")
LATER = 0.02  # the kernel counts in milliseconds, several at a time


@pytest.fixture
def ends():
    """A caller's end of a connection, and ours."""
    with ExitStack() as open_ones:
        listener = open_ones.enter_context(socket.create_server(("127.0.0.1", 0)))
        caller = open_ones.enter_context(socket.create_connection(listener.getsockname()))
        yield caller, open_ones.enter_context(listener.accept()[0])


def kept_for(ours) -> float:
    time.sleep(LATER)
    return leaving.kept_for(ours)


def test_a_connection_is_kept_for_what_it_waits_for(ends):
    caller, ours = ends

    assert kept_for(ours) == leaving.FIRST_SECONDS
    caller.send(b"a request")
    assert kept_for(ours) == leaving.ANSWER_SECONDS  # nobody has read it
    ours.recv(100)
    assert kept_for(ours) == leaving.ANSWER_SECONDS  # it is being answered
    ours.send(b"an answer")
    assert kept_for(ours) == leaving.IDLE_SECONDS
    caller.send(b"another request")
    assert kept_for(ours) == leaving.ANSWER_SECONDS
    ours.recv(100)
    ours.send(b"another answer")
    caller.close()
    assert kept_for(ours) == leaving.IDLE_SECONDS


def test_only_connections_to_our_port_are_ours(ends, monkeypatch):
    monkeypatch.setattr(leaving.signal, "signal", lambda *_: None)
    caller, ours = ends
    leaver = leaving.Leaver(ours.fileno())

    assert leaver.is_needed(
        leaving.FIRST_SECONDS - 0.1
    )  # the listener and our end: neither has received anything
    caller.send(b"a request")
    assert leaver.is_needed(leaving.ANSWER_SECONDS - 0.1)
    assert not leaver.is_needed(leaving.ANSWER_SECONDS)
