"""HTTP/1.1 for JSON-RPC: one POST, one answer.

Loopback only unless told otherwise, for the chain has no passwords. Bounded:
connections, request size, idle time.
"""

import ipaddress
import json
import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from tracehold.core.errors import Rejected
from tracehold.devchain.errors import INVALID_REQUEST, RpcError
from tracehold.devchain.rpc import Rpc

MAX_BODY = 5 * 1024 * 1024
MAX_CONNECTIONS = 128
IDLE_SECONDS = 120
"""A silent connection is closed after this long; longer than HTTP clients keep theirs."""


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be reached from this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class HttpServer(ThreadingHTTPServer):
    """Listens at once; `serve_forever` in a thread, `shutdown` and `server_close` to end.

    Raises Rejected BAD_CONFIG for an address beyond loopback without `remote`, and for one that is taken.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, host: str, port: int, rpc: Rpc, *, remote: bool = False, max_body: int = MAX_BODY
    ) -> None:
        if not remote and not is_loopback(host):
            remedy = "Listen on 127.0.0.1, or allow remote callers explicitly."
            raise Rejected("BAD_CONFIG", f"{host} is reachable from other machines", remedy=remedy)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.rpc = rpc
        self.max_body = max_body
        self.local_only = not remote
        self._slots = threading.BoundedSemaphore(MAX_CONNECTIONS)
        try:
            super().__init__((host, port), _Handler)
        except (OSError, OverflowError) as error:
            remedy = "Stop what listens there, or give another port; 0 takes a free one."
            raise Rejected("BAD_CONFIG", f"cannot listen on {host} port {port}", remedy=remedy) from error

    @property
    def url(self) -> str:
        """Where it listens, with the port that the system chose for 0."""
        host, port = self.server_address[:2]
        name = f"[{host!s}]" if self.address_family == socket.AF_INET6 else str(host)
        return f"http://{name}:{port}"

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Take a connection while there are slots; otherwise it is closed unanswered."""
        return self._slots.acquire(blocking=False)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start the connection's thread."""
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._slots.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection, in a thread of its own."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no event."""


class _Handler(BaseHTTPRequestHandler):
    server: HttpServer
    protocol_version = "HTTP/1.1"
    # Header and body leave in one segment. Written apart, they cost 40 ms a request: the second waits for the
    # acknowledgement of the first (Nagle), which the peer delays.
    wbufsize: ClassVar[int] = 64 * 1024
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    server_version = "tracehold-devchain"
    sys_version = ""

    def do_POST(self) -> None:
        """Answer one JSON-RPC body."""
        length = self._length()
        problem = self._problem(length)
        if problem is not None:
            self._refuse(*problem)
            return
        answer = self.server.rpc.answer(self.rfile.read(length))
        if answer is None:
            self._send(HTTPStatus.NO_CONTENT, b"")
        else:
            self._send(HTTPStatus.OK, answer)

    def _length(self) -> int:
        text = self.headers.get("Content-Length", "")
        sane = text.isascii() and text.isdigit() and len(text) < 16
        return int(text) if sane and "Transfer-Encoding" not in self.headers else -1

    def _problem(self, length: int) -> tuple[HTTPStatus, str] | None:
        if self.server.local_only and not is_loopback(self._host()):
            # A web page may point a name of its own at 127.0.0.1 (DNS rebinding); its Host tells.
            return HTTPStatus.FORBIDDEN, "only callers on this machine"
        kind = self.headers.get_content_type() if "Content-Type" in self.headers else "application/json"
        if "json" not in kind:
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send application/json"
        if length < 0:
            return HTTPStatus.LENGTH_REQUIRED, "send a Content-Length"
        if length > self.server.max_body:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"request body over {self.server.max_body} bytes"
        return None

    def _host(self) -> str:
        host = self.headers.get("Host", "")
        return host[: host.rfind("]") + 1] if host.startswith("[") else host.partition(":")[0]

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        error = RpcError(INVALID_REQUEST, message)
        self.close_connection = True  # the body was not read: nothing after it can be understood
        self._send(status, json.dumps({"jsonrpc": "2.0", "id": None, "error": error.body()}).encode())

    def _send(self, status: HTTPStatus, body: bytes) -> None:
        self.send_response(status)
        if body:
            self.send_header("Content-Type", "application/json")
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """http.server's own refusals (bad request line, other methods), in JSON as well."""
        status = HTTPStatus(code)
        if status == HTTPStatus.NOT_IMPLEMENTED:
            status = HTTPStatus.METHOD_NOT_ALLOWED
        self._refuse(status, status.phrase.lower())

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged."""
