"""Ethereum JSON-RPC over the standard library: a few bounded questions to a chain that the user chose."""

import http.client
import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from tracehold.core.errors import Rejected, Unavailable

MAX_ANSWER_BYTES = 8 << 20


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The user named one address; an answer that points elsewhere is not followed."""

    def redirect_request(self, *_: Any) -> None:
        return None


class JsonRpc:
    """Calls to one http or https address. `timeout` is in seconds, for each call. No proxy, no redirect."""

    def __init__(self, url: str, *, timeout: float = 20.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Rejected("BAD_REQUEST", f"{url} is no http or https address", path="rpc")
        self._url, self._timeout = url, timeout
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects())
        self._count = 0

    def call(self, method: str, *params: Any) -> Any:
        """The result. Raises `Unavailable("CHAIN_DOWN")` where there is no usable answer, also for a JSON-RPC
        error.
        """
        self._count += 1
        question = {"jsonrpc": "2.0", "id": self._count, "method": method, "params": list(params)}
        answer = self._exchange(json.dumps(question).encode())
        if not isinstance(answer, dict) or "result" not in answer:
            raise Unavailable("CHAIN_DOWN", f"{self._url} does not answer {method}")
        return answer["result"]

    def _exchange(self, body: bytes) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked above
            self._url, body, {"Content-Type": "application/json", "Accept": "application/json"}
        )
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                raw = response.read(MAX_ANSWER_BYTES + 1)
        except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
            raise Unavailable("CHAIN_DOWN", f"{self._url} does not answer") from error
        if len(raw) > MAX_ANSWER_BYTES:
            raise Unavailable("CHAIN_DOWN", f"{self._url} answers more than {MAX_ANSWER_BYTES} bytes")
        try:
            return json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise Unavailable("CHAIN_DOWN", f"{self._url} does not answer in JSON") from error
