"""What only the REST gateway takes: whole EPCIS documents."""

import json
from typing import Any
from urllib.parse import urljoin, urlsplit

from tracehold.core.epcis.xml import looks_like_xml
from tracehold.core.errors import Rejected, TraceholdError, Unavailable
from tracehold_client.channel import is_loopback
from tracehold_client.errors import of_code
from tracehold_client.http import Answer, Http, check_address
from tracehold_client.states import State

_FAMILY_OF_STATUS = {401: "UNAUTHENTICATED", 403: "FORBIDDEN", 404: "NOT_FOUND", 413: "REQUEST_TOO_LARGE"}


class RestClient:
    """Calls of one node over REST, each blocking. `url` is its address; errors as those of `AsyncClient`."""

    def __init__(
        self, url: str, *, token: str | None = None, tls_ca: bytes | None = None, timeout: float = 60.0
    ) -> None:
        check_address(url)
        check_token(url, token)
        self._url = url.rstrip("/") + "/"
        self._http = Http(timeout=timeout, tls_ca=tls_ca)
        self._headers = {"Accept": "application/json"} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )

    def capture(self, document: bytes, *, all_or_nothing: bool = False) -> str:
        """Hand in an EPCISDocument, in JSON or XML; the path of its capture job (EPCIS 2.0 section 12.6)."""
        behaviour = "rollback" if all_or_nothing else "proceed"
        media = "application/xml" if looks_like_xml(document) else "application/ld+json"
        headers = {"Content-Type": media, "GS1-Capture-Error-Behaviour": behaviour}
        answer = self._exchange("capture", document, headers)
        job = urlsplit(answer.headers.get("location", "")).path.rpartition("/")[2]
        if answer.status != 202 or not job:
            raise Unavailable("NODE_DOWN", "the node does not say where the capture job is")
        return f"capture/{job}"

    def job(self, path: str) -> dict[str, Any]:
        """The capture job at this path, as the node tells it."""
        return self.get(path)

    def get(self, path: str) -> dict[str, Any]:
        """A call of the gateway, `v1/status` for example."""
        return self._object(self._exchange(path))

    def post(self, path: str, request: dict[str, Any]) -> dict[str, Any]:
        """A call of the gateway, `v1/trace` for example."""
        headers = {"Content-Type": "application/json"}
        return self._object(self._exchange(path, json.dumps(request).encode(), headers))

    def states(self, fingerprints: list[str]) -> dict[str, State]:
        """How far each record has come; `State.NONE` where this node does not hold it."""
        answer = self.post("v1/records:states", {"fingerprints": fingerprints})
        words = {each["fingerprint"]: each["state"] for each in answer.get("states", [])}
        return {key: State[word] if word in State.__members__ else State.NONE for key, word in words.items()}

    def _exchange(
        self, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        answer = self._http.exchange(urljoin(self._url, path), body, self._headers | (headers or {}))
        if answer.status >= 300:
            raise problem(answer)
        return answer

    def _object(self, answer: Answer) -> dict[str, Any]:
        try:
            content = json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            raise Unavailable("NODE_DOWN", "the node does not answer in JSON") from error
        if not isinstance(content, dict):
            raise Unavailable("NODE_DOWN", "the node answers something else than an object")
        return content


def check_token(url: str, token: str | None) -> None:
    """Returns if the token, where there is one, may be sent to this address; else BAD_REQUEST."""
    parts = urlsplit(url)
    if token and parts.scheme != "https" and not is_loopback(f"{parts.hostname}:0"):
        raise Rejected(
            "BAD_REQUEST",
            f"{url} is in the clear and not on this machine: a token is not sent there",
            remedy="Use the node's https address.",
        )


def problem(answer: Answer) -> TraceholdError:
    """What a problem+json (RFC 9457) of the node means; without one, what the status means."""
    try:
        told = json.loads(answer.body)
        code, message = str(told["code"]), str(told.get("detail", ""))
        return of_code(code, message, path=str(told.get("path", "")), remedy=str(told.get("remedy", "")))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        message = f"HTTP status {answer.status}"
    if answer.status >= 500:
        return Unavailable("NODE_DOWN", message)
    return Rejected(_FAMILY_OF_STATUS.get(answer.status, "BAD_REQUEST"), message)
