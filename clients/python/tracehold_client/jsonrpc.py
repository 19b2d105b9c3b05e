"""Ethereum JSON-RPC: a few bounded questions to a chain that the user chose."""

import json
from typing import Any

from tracehold.core.errors import Unavailable
from tracehold_client.http import Http, check_address

MAX_ANSWER_BYTES = 8 << 20


class JsonRpc:
    """Calls to one http or https address; BAD_REQUEST for another. `timeout` is in seconds, for each call."""

    def __init__(self, url: str, *, timeout: float = 20.0) -> None:
        check_address(url)
        self._url = url
        self._http = Http(timeout=timeout, max_bytes=MAX_ANSWER_BYTES)
        self._count = 0

    def call(self, method: str, *params: Any) -> Any:
        """The result. Raises `Unavailable("CHAIN_DOWN")` where there
        is no usable answer, also for a JSON-RPC error.
        """
        self._count += 1
        question = {"jsonrpc": "2.0", "id": self._count, "method": method, "params": list(params)}
        try:
            answer = self._http.exchange(
                self._url,
                json.dumps(question).encode(),
                {"Content-Type": "application/json", "Accept": "application/json"},
            )
        except Unavailable as error:
            raise Unavailable("CHAIN_DOWN", error.message) from error
        try:
            whole = json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            raise Unavailable("CHAIN_DOWN", f"{self._url} does not answer in JSON") from error
        if answer.status != 200 or not isinstance(whole, dict) or "result" not in whole:
            raise Unavailable("CHAIN_DOWN", f"{self._url} does not answer {method}")
        return whole["result"]
