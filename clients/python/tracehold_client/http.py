"""HTTP over the standard library, bounded: one address, no
proxy, no redirect, a largest answer, a time limit.
"""

import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tracehold.core.errors import Rejected, Unavailable

MAX_ANSWER_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer of any status; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The caller named one address; an answer that points elsewhere is not followed."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Http:
    """Exchanges with http and https addresses. `timeout` is in seconds;
    `tls_ca` (PEM) replaces the system's authorities.
    """

    def __init__(
        self, *, timeout: float = 20.0, max_bytes: int = MAX_ANSWER_BYTES, tls_ca: bytes | None = None
    ) -> None:
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({}), _NoRedirects()]
        if tls_ca is not None:
            context = ssl.create_default_context(cadata=tls_ca.decode("ascii"))
            handlers.append(urllib.request.HTTPSHandler(context=context))
        self._opener = urllib.request.build_opener(*handlers)
        self._timeout, self._max_bytes = timeout, max_bytes

    def exchange(
        self, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """GET, or POST where there is a body. Raises BAD_REQUEST for an address of another scheme,
        NODE_DOWN where there is no whole answer in time.
        """
        check_address(url)
        request = urllib.request.Request(url, body, dict(headers or {}))  # noqa: S310 - checked just above
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                return self._read(response)
        except urllib.error.HTTPError as error:
            with error:
                return self._read(error)
        except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
            raise Unavailable("NODE_DOWN", f"{url} does not answer") from error

    def _read(self, response: Any) -> Answer:
        body = response.read(self._max_bytes + 1)
        if len(body) > self._max_bytes:
            raise Unavailable("NODE_DOWN", f"the answer is over {self._max_bytes} bytes")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, headers, body)


def check_address(url: str) -> None:
    """Returns for an http or https address with a host; BAD_REQUEST otherwise."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises where it is no port
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Rejected("BAD_REQUEST", f"{url} is no http or https address", path="url")
