"""The capture interface of EPCIS 2.0 over REST (section 12.6): documents in, jobs out.

The creator signs each event for the party of the token. A document is answered 202 with the address of its
job once the job is durable. The answer waits a short while for the job's end, so that what stops the whole
document (a full disk, a stopping node) is told at once and not only by the job.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tracehold.api.call import Call, Calls
from tracehold.api.capture_json import fingerprints, job_json, job_summary, problem_json
from tracehold.api.http import PROBLEM, arriving, media_type, read_body, respond_json
from tracehold.api.status import Refusal, problem_headers
from tracehold.core.errors import Rejected, TraceholdError
from tracehold.core.limits import MAX_BATCH_RECORDS, MAX_MESSAGE_BYTES
from tracehold.core.record import Audience
from tracehold.journey.capture import XML, Begun, Captures
from tracehold.journey.capture_jobs import CaptureJob, CaptureJobs, ErrorBehaviour
from tracehold.journey.states import States

MEDIA = ("application/json", "application/ld+json", *XML)
PER_PAGE, MAX_PER_PAGE = 30, 1_000
BEHAVIOUR = "gs1-capture-error-behaviour"
AUDIENCE = "tracehold-audience"
"""Header of ours: who may read what is captured (`public`, `network`, ...); the default is `network`."""

GS1_HEADERS = {
    "gs1-epcis-version": "2.0.0",
    "gs1-epcis-min": "2.0.0",
    "gs1-epcis-max": "2.0.0",
    "gs1-cbv-version": "2.0.0",
    "gs1-cbv-min": "2.0.0",
    "gs1-cbv-max": "2.0.0",
    "gs1-epc-format": "Never_Translates",
}
"""On every answer. Events are signed as they came, so identifiers are never translated."""

LIMIT_HEADERS = {
    "gs1-epcis-capture-limit": str(MAX_BATCH_RECORDS),
    "gs1-epcis-capture-file-size-limit": str(MAX_MESSAGE_BYTES),
    BEHAVIOUR: ErrorBehaviour.ROLLBACK.value,
}
"""What a sender has to keep to (answered to OPTIONS, and with 413)."""

Word = TypeVar("Word", ErrorBehaviour, Audience)
Work = Callable[[Request, Call], Awaitable[Response]]


@dataclass(slots=True)
class CaptureDesk:
    """Takes documents over HTTP and runs their jobs. `patience_s`: how long an
    answer waits for its job's end.

    `stop` must be awaited before what the jobs write to is closed.
    """

    calls: Calls
    captures: Captures
    jobs: CaptureJobs
    states: States
    public_url: str = ""
    patience_s: float = 5.0
    _running: set[asyncio.Task[CaptureJob]] = field(default_factory=set)

    def routes(self) -> list[Route]:
        """`/capture` and `/capture/{captureID}`."""
        return [
            self._route("/capture", "POST", self._take),
            self._route("/capture", "GET", self._list),
            self._route("/capture/{id}", "GET", self._show),
            Route("/capture", _discover("OPTIONS, POST, GET"), methods=["OPTIONS"]),
            Route("/capture/{id}", _discover("OPTIONS, GET"), methods=["OPTIONS"]),
        ]

    async def stop(self) -> None:
        """Wait until all running jobs are at their end."""
        if self._running:
            await asyncio.wait(set(self._running))

    def _route(self, path: str, method: str, work: Work) -> Route:
        async def endpoint(request: Request) -> Response:
            async def answer(call: Call) -> Response:
                response = await work(request, call)
                response.headers["x-request-id"] = call.request_id
                return response

            outcome = await self.calls.run(arriving(request, f"{method} {path}"), answer)
            response = _refused(outcome) if isinstance(outcome, Refusal) else outcome
            response.headers.update(GS1_HEADERS)
            return response

        return Route(path, endpoint, methods=[method])

    async def _take(self, request: Request, call: Call) -> Response:
        """POST /capture. The token decides for whom the creator signs."""
        party = call.caller.captures_for("")
        behaviour = _word(request, BEHAVIOUR, ErrorBehaviour, ErrorBehaviour.ROLLBACK)
        audience = _word(request, AUDIENCE, Audience, Audience.NETWORK)
        raw = await read_body(request, MAX_MESSAGE_BYTES, MEDIA)
        begun = await self.captures.begin(raw, party, behaviour, audience, media_type(request))
        await self._run(begun)
        location = f"{self.public_url.rstrip('/')}/capture/{begun.job.id}"
        return Response(status_code=202, headers={"location": location})

    async def _run(self, begun: Begun) -> None:
        """Run the job in a task of its own, so that neither a deadline nor a client
        that leaves stops it half-way.

        Raises what ended the job, if it ended while the answer waited.
        """
        task = asyncio.create_task(self.captures.run(begun), name=f"capture {begun.job.id}")
        self._running.add(task)
        task.add_done_callback(self._ended)
        await asyncio.wait({task}, timeout=self.patience_s)
        if task.done():
            task.result()

    def _ended(self, task: asyncio.Task[CaptureJob]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, TraceholdError):
            self.calls.on_fault(error)

    async def _show(self, request: Request, call: Call) -> Response:
        """GET /capture/{captureID}, for the party that captured,
        authorities and operators; others see nothing.
        """
        whose = _sees(call)
        job = await self.jobs.find(request.path_params["id"])
        if job is None or (whose is not None and whose != job.party):
            raise Rejected("NOT_FOUND", "there is no such capture job", path="/captureID")
        states = await self.states.of(fingerprints(job))
        return respond_json(orjson.dumps(job_json(job, states)))

    async def _list(self, request: Request, call: Call) -> Response:
        """GET /capture, newest first, in pages."""
        size = _per_page(request.query_params)
        after = request.query_params.get("nextPageToken")
        jobs = await self.jobs.page(_sees(call), after, size + 1)
        page = jobs[:size]
        headers = {}
        if len(jobs) > size:
            address = f"{self.public_url.rstrip('/')}/capture?perPage={size}&nextPageToken={page[-1].id}"
            headers["link"] = f'<{address}>; rel="next"'
        return respond_json(orjson.dumps([job_summary(job) for job in page]), headers=headers)


def _sees(call: Call) -> str | None:
    """The party whose jobs the caller sees; None: everybody's. Raises UNAUTHENTICATED or FORBIDDEN."""
    if call.caller.roles & {"authority", "operator"}:
        return None
    return call.caller.captures_for("")


def _per_page(parameters: Mapping[str, str]) -> int:
    for name in parameters:
        if name not in {"perPage", "nextPageToken"}:
            raise Rejected("BAD_REQUEST", "there is no such parameter", path=f"/{name[:100]}")
    text = parameters.get("perPage", str(PER_PAGE))
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= MAX_PER_PAGE):
        raise Rejected("BAD_REQUEST", f"must be 1 to {MAX_PER_PAGE}", path="/perPage")
    return int(text)


def _word(request: Request, header: str, words: type[Word], default: Word) -> Word:
    text = request.headers.get(header)
    if text is None:
        return default
    try:
        return words(text.strip().lower())
    except ValueError:
        raise Rejected("BAD_REQUEST", f"must be one of {', '.join(words)}", path=f"/{header}") from None


def _refused(told: Refusal) -> Response:
    headers = {**problem_headers(told), "x-request-id": told.request_id}
    if told.http == 413:
        headers |= LIMIT_HEADERS
    return Response(orjson.dumps(problem_json(told)), told.http, headers, PROBLEM)


def _discover(allow: str) -> Callable[[Request], Awaitable[Response]]:
    """OPTIONS: what this interface takes. It needs no token and tells nothing of the node's content."""

    async def endpoint(_: Request) -> Response:
        return Response(status_code=204, headers={"allow": allow, **GS1_HEADERS, **LIMIT_HEADERS})

    return endpoint
