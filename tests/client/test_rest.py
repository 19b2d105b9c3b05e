"""The REST client and the bounded HTTP under it, against a server that answers anything."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tracehold.core.errors import Rejected, TraceholdError, Unavailable
from tracehold_client import State
from tracehold_client.http import Http
from tracehold_client.rest import RestClient

Reply = tuple[int, dict[str, str], bytes]


@contextmanager
def answering(reply: Callable[[str, bytes], Reply]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The address of a server that replies by path and body, and what it was asked."""
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Any method."""
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            asked.append({"path": self.path, "body": body, "headers": dict(self.headers)})
            status, headers, content = reply(self.path, body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def always(status: int, content: bytes = b"{}", **headers: str) -> Callable[[str, bytes], Reply]:
    """The same reply to everything."""
    return lambda _path, _body: (status, headers, content)


def problem(status: int, **members: str) -> Callable[[str, bytes], Reply]:
    """A problem+json."""
    return always(status, json.dumps(members).encode())


def refused(reply: Callable[[str, bytes], Reply]) -> TraceholdError:
    """The error of a call that is answered like this."""
    with answering(reply) as (url, _), pytest.raises(TraceholdError) as caught:
        RestClient(url).post("v1/trace", {})
    return caught.value


def test_capture_sends_the_document_as_it_is():
    """Byte for byte, with the token and the error behaviour; the job's path comes from Location."""
    with answering(always(202, b"", location="https://public.example/capture/j1")) as (url, asked):
        client = RestClient(url, token="t0k")
        assert client.capture(b'{ "a" : 1 }', all_or_nothing=True) == "capture/j1"
    headers = {name.lower(): value for name, value in asked[0]["headers"].items()}
    assert asked[0]["body"] == b'{ "a" : 1 }'
    assert headers["authorization"] == "Bearer t0k"
    assert headers["gs1-capture-error-behaviour"] == "rollback"


@pytest.mark.parametrize(
    ("document", "media"),
    [(b"{}", "application/ld+json"), (b"\xef\xbb\xbf <a/>", "application/xml"), (b"", "application/ld+json")],
)
def test_capture_says_what_the_document_is(document: bytes, media: str):
    """XML is told by how it begins."""
    with answering(always(202, b"", location="/capture/j1")) as (url, asked):
        RestClient(url).capture(document)
    headers = {name.lower(): value for name, value in asked[0]["headers"].items()}
    assert headers["content-type"] == media


@pytest.mark.parametrize("reply", [always(202), always(200, location="/capture/1")])
def test_capture_without_a_job_is_no_success(reply: Callable[[str, bytes], Reply]):
    """An answer that names no job did not take the document."""
    with answering(reply) as (url, _), pytest.raises(Unavailable):
        RestClient(url).capture(b"{}")


def test_problem_keeps_code_path_and_remedy():
    """problem+json of a node is the error it names."""
    error = refused(problem(400, code="BAD_TIME", detail="no zone", path="/at", remedy="add Z"))
    assert isinstance(error, Rejected)
    assert (error.code, error.message, error.path, error.remedy) == ("BAD_TIME", "no zone", "/at", "add Z")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "UNAUTHENTICATED"),
        (403, "FORBIDDEN"),
        (404, "NOT_FOUND"),
        (413, "REQUEST_TOO_LARGE"),
        (418, "BAD_REQUEST"),
    ],
)
@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"code": 1}', b'{"detail": "x"}'])
def test_answers_of_something_between_us(status: int, code: str, content: bytes):
    """A proxy's page is no problem+json of ours: the status says whose fault it is, whatever the page
    says.
    """
    error = refused(always(status, content))
    assert error.code == code or (content == b'{"code": 1}' and error.code == "INTERNAL")


@pytest.mark.parametrize("status", [500, 502, 503])
def test_server_errors_without_a_problem_are_passing(status: int):
    """A gateway that cannot reach the node: try again later."""
    assert refused(always(status, b"<html>")).code == "NODE_DOWN"


@pytest.mark.parametrize("content", [b"", b"no", b"[]", b"[" * 100_000])
def test_success_that_is_no_object(content: bytes):
    """200 with something else than a JSON object is no answer."""
    assert refused(always(200, content)).code == "NODE_DOWN"


def test_redirect_is_not_followed():
    """A token is for the address that the user named, and for no other."""
    with answering(always(200)) as (elsewhere, asked), answering(always(307, location=elsewhere)) as (url, _):
        with pytest.raises(TraceholdError):
            RestClient(url, token="t0k").post("v1/trace", {})
        assert asked == []


def test_answer_over_the_limit_is_cut_off():
    """An answer that never ends does not fill the memory."""
    with answering(always(200, b"a" * 2000)) as (url, _), pytest.raises(Unavailable):
        Http(max_bytes=1000).exchange(url)


def test_token_is_not_sent_in_the_clear_over_the_network():
    """Plain http to another machine would show the token to everybody between."""
    with pytest.raises(Rejected) as caught:
        RestClient("http://node.example", token="t0k")
    assert "t0k" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["ftp://x/", "file:///etc/passwd", "http://", "http://x:port", "node.example"]
)
def test_other_addresses_are_refused(url: str):
    """Only http and https addresses with a host."""
    with pytest.raises(Rejected) as caught:
        RestClient(url)
    assert caught.value.code == "BAD_REQUEST"


def test_states_are_numbers_that_order():
    """Words of the gateway become states; a word of a newer release is none."""
    states = [{"fingerprint": "a", "state": "FINAL"}, {"fingerprint": "b", "state": "HOPED"}]
    with answering(always(200, json.dumps({"states": states}).encode())) as (url, _):
        assert RestClient(url).states(["a", "b"]) == {"a": State.FINAL, "b": State.NONE}
