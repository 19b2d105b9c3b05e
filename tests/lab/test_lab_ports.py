"""Ports that a lab chooses."""

import socket

import pytest

from tracehold.core.errors import Unavailable
from tracehold.lab import ports


def test_none_is_one_that_an_outgoing_connection_gets():
    """A connection of another program would take such a port before its own program starts."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        first_given = server.getsockname()[1]
    with ports.held(20) as held:
        assert len(set(held.numbers)) == 20
        assert all(ports.FIRST <= number < ports.LAST for number in held.numbers)
    assert not ports.FIRST <= first_given < ports.LAST


def test_held_and_let_go():
    """Nobody else can bind one that is held; one that was released is free at once."""
    with ports.held(2) as held, socket.socket() as other:
        with pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", held.numbers[0]))
        held.release(held.numbers[0])
        other.bind(("127.0.0.1", held.numbers[0]))


def test_none_is_free(monkeypatch: pytest.MonkeyPatch):
    """Said, not looked for without end."""
    with ports.held(1) as held:
        monkeypatch.setattr(ports, "FIRST", held.numbers[0])
        monkeypatch.setattr(ports, "LAST", held.numbers[0] + 1)
        with pytest.raises(Unavailable) as error:
            ports.free(1)
    assert error.value.code == "NODE_DOWN"
