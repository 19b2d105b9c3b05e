"""Attachments over HTTP: bytes that are kept for a record and that it names, for those who may read it."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tracehold.api.call import Call, Calls
from tracehold.api.http import arriving, respond_refused
from tracehold.api.records import asking_for_token
from tracehold.api.status import Refusal
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.originals import Originals, attached

PATH = "/v1/records/{fingerprint}/attachments/{attachment}"
_DIGITS = frozenset("0123456789abcdef")


class AttachmentDesk:
    """Hands attachments out. Always as a download of plain bytes: they came from outside, and nothing of
    them is to run in a browser."""

    def __init__(self, calls: Calls, knowledge: Knowledge, originals: Originals) -> None:
        self._calls = calls
        self._knowledge = knowledge
        self._originals = originals

    def routes(self) -> list[Route]:
        """The one route."""
        return [Route(PATH, self._endpoint, methods=["GET"])]

    async def _endpoint(self, request: Request) -> Response:
        async def answer(call: Call) -> Response:
            record = _fingerprint(request, "fingerprint")
            named = _fingerprint(request, "attachment")
            try:
                raw = await attached(self._knowledge, self._originals, call.caller.reader, record, named)
            except Rejected as refusal:
                raise asking_for_token(refusal, call) from None
            headers = {
                "content-disposition": f'attachment; filename="{named.hex()}"',
                "x-request-id": call.request_id,
            }
            return Response(raw, headers=headers, media_type="application/octet-stream")

        outcome = await self._calls.run(arriving(request, f"GET {PATH}"), answer)
        return respond_refused(outcome) if isinstance(outcome, Refusal) else outcome


def _fingerprint(request: Request, name: str) -> Fingerprint:
    text = request.path_params[name]
    if len(text) != 64 or not _DIGITS.issuperset(text):
        raise Rejected("BAD_REQUEST", "a fingerprint is 64 lowercase hexadecimal digits", path=f"/{name}")
    return Fingerprint(bytes.fromhex(text))
