"""HTTP: who may call, how much, and in what form."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.devchain.node import ALICE, CHAIN_ID
from tracehold.core.errors import Rejected
from tracehold.devchain import server as server_module
from tracehold.devchain.chain import Settings
from tracehold.devchain.program import Service, running
from tracehold.devchain.server import HttpServer, is_loopback

REQUEST = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}'


@pytest.fixture
def served(tmp_path: Path) -> Iterator[HttpServer]:
    """A running program with a small body limit."""
    failed = threading.Event()
    with running(Settings(tmp_path, CHAIN_ID, [ALICE.address]), Service(max_body=1000), failed.set) as server:
        yield server
    assert not failed.is_set()


def port(served: HttpServer) -> int:
    """Where it listens."""
    return int(served.server_address[1])


def post(served: HttpServer, body: bytes = REQUEST, **headers: str) -> tuple[int, dict[str, object] | None]:
    """Status and parsed body of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port(served))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", "/", body, named)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, json.loads(content) if content else None


def exchange(served: HttpServer, raw: bytes) -> bytes:
    """Whatever the server says to these bytes until it closes."""
    with socket.create_connection(("127.0.0.1", port(served))) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").read()


def test_a_request_is_answered(served: HttpServer) -> None:
    """With and without a content type, on any path."""
    expected = (200, {"jsonrpc": "2.0", "id": 1, "result": hex(CHAIN_ID)})
    assert post(served) == expected
    assert post(served, Content_Type="application/json; charset=utf-8") == expected
    assert post(served, Content_Type="application/json-rpc") == expected


def test_a_connection_serves_many_requests(served: HttpServer) -> None:
    """Keep-alive, which clients rely on for speed."""
    connection = http.client.HTTPConnection("127.0.0.1", port(served))
    sockets = set()
    for _ in range(5):
        connection.request("POST", "/", REQUEST)
        answer = connection.getresponse()
        assert json.loads(answer.read())["result"] == hex(CHAIN_ID)
        sockets.add(id(connection.sock))
    assert len(sockets) == 1
    connection.close()


def test_header_and_body_leave_in_one_write(served: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two writes cost 40 ms a request: the kernel holds the second back until the first is acknowledged."""
    written: list[bytes] = []
    send = socket.socket.send

    def watched(self: socket.socket, data: bytes, *flags: int) -> int:
        written.append(bytes(data))
        return send(self, data, *flags)

    connection = http.client.HTTPConnection("127.0.0.1", port(served))
    monkeypatch.setattr(socket.socket, "send", watched)  # the client sends with sendall
    connection.request("POST", "/", REQUEST)
    connection.getresponse().read()
    connection.close()
    (only,) = written
    assert only.startswith(b"HTTP/1.1 200 ")
    assert only.endswith(b"}")


def test_a_notification_gets_204(served: HttpServer) -> None:
    """No content."""
    assert post(served, b'{"jsonrpc":"2.0","method":"eth_chainId"}') == (204, None)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "10.0.0.1:8545", "127.0.0.1.evil.example", ""]
)
def test_a_foreign_host_header_is_refused(served: HttpServer, host: str) -> None:
    """Attack: a web page that points its own name at 127.0.0.1 (DNS rebinding)."""
    status, body = post(served, Host=host)
    assert status == 403
    assert body is not None
    assert "result" not in body


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:8545", "LOCALHOST:80"])
def test_names_of_this_machine_are_fine(served: HttpServer, host: str) -> None:
    """Whatever the port."""
    assert post(served, Host=host)[0] == 200


def test_a_form_is_refused(served: HttpServer) -> None:
    """Attack: a web page may send forms and plain text to any address without asking."""
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        assert post(served, Content_Type=kind)[0] == 415


def test_a_large_body_is_refused_unread(served: HttpServer) -> None:
    """413 with a JSON-RPC error, for a length one over the limit."""
    assert post(served, REQUEST.ljust(1000))[0] == 200
    status, body = post(served, REQUEST.ljust(1001))
    assert status == 413
    assert body is not None
    assert body["error"] == {"code": -32600, "message": "request body over 1000 bytes"}


@pytest.mark.parametrize("length", ["", "-1", "abc", "1e3", "9" * 30, "²"])
def test_a_body_without_a_sane_length_is_refused(served: HttpServer, length: str) -> None:
    """Attack: request smuggling begins with lengths that two parsers read differently."""
    head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
    answer = exchange(served, head.encode() + REQUEST)
    assert answer.startswith(b"HTTP/1.1 411 ")
    assert answer.count(b"HTTP/1.1") == 1


def test_a_chunked_body_is_refused(served: HttpServer) -> None:
    """A length is needed before the body is read."""
    for length in ("", "Content-Length: 5\r\n"):
        head = f"POST / HTTP/1.1\r\nHost: localhost\r\n{length}Transfer-Encoding: chunked\r\n\r\n"
        assert exchange(served, head.encode() + b"5\r\nhello\r\n0\r\n\r\n").startswith(b"HTTP/1.1 411 ")


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_other_verbs_are_refused_in_json(served: HttpServer, verb: str) -> None:
    """405, and no page of the library's."""
    answer = exchange(served, f"{verb} / HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == -32600


def test_connections_are_bounded(served: HttpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack: idle connections must not take all threads; what is over the bound is closed at once."""
    monkeypatch.setattr(server_module, "MAX_CONNECTIONS", 2)
    with running(Settings(tmp_path / "small"), Service(), lambda: None) as small:
        held = [socket.create_connection(("127.0.0.1", port(small))) for _ in range(2)]
        for connection in held:
            connection.sendall(b"POST / HTTP/1.1\r\n")
        refused = socket.create_connection(("127.0.0.1", port(small)))
        assert refused.recv(100) == b""
        refused.close()
        for connection in held:
            connection.close()


def test_an_address_beyond_this_machine_needs_the_flag(served: HttpServer) -> None:
    """The chain has no passwords."""
    for host in ("0.0.0.0", "192.168.1.5", "chain.example", "::"):
        with pytest.raises(Rejected, match="reachable from other machines") as refusal:
            HttpServer(host, 0, served.rpc)
        assert "explicitly" in refusal.value.remedy
    HttpServer("0.0.0.0", 0, served.rpc, remote=True).server_close()


def test_what_loopback_is() -> None:
    """All of 127/8, ::1, and the name; nothing that only looks alike."""
    assert all(is_loopback(host) for host in ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"))
    assert not any(
        is_loopback(host) for host in ("", "128.0.0.1", "127.0.0.1.x", "localhost.x", "::", "0.0.0.0")
    )
