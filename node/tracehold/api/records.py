"""VerifyService: records, their receipts, what can be proved about them, and how the node stands."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing

from tracehold.api.asked import question_of
from tracehold.api.audits import AuditBook
from tracehold.api.call import Call
from tracehold.api.served import Send
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.evidence import Report
from tracehold.core.ids import Fingerprint
from tracehold.journey.attest import answer_receipt
from tracehold.journey.dossier import Vouch, dossier, unsigned
from tracehold.journey.found import Findings
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.locate import answer_record
from tracehold.journey.receipts import Receipts
from tracehold.journey.states import States
from tracehold.journey.superseded import superseded
from tracehold.journey.verify import verify_evidence, verify_kept
from tracehold.v1 import verify_pb2 as pb
from tracehold.wire.receipts import receipt_message
from tracehold.wire.records import record_message
from tracehold.wire.reports import report_message
from tracehold.wire.standing import Standing, status_message

PART_BYTES = 1 << 20
"""Of a dossier in one message at most."""


class VerifyService:
    """Thin: hands records and proofs out as far as the caller
    may read them. `now` gives seconds since 1970, `vouch` the node's word for its dossiers.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        receipts: Receipts,
        states: States,
        standing: Callable[[], Awaitable[Standing]],
        now: Callable[[], float],
        findings: Findings | None = None,
        vouch: Vouch = unsigned,
    ) -> None:
        self._knowledge = knowledge
        self._receipts = receipts
        self._states = states
        self._standing = standing
        self._now = now
        self._findings = findings
        self._vouch = vouch
        self.audits = AuditBook()
        """What tells of this node's audits; another one is put in its place where it takes part in them."""

    async def get_record(self, request: pb.GetRecordRequest, call: Call) -> pb.GetRecordResponse:
        """One record with its signed bytes, from wherever it is kept. Raises NOT_FOUND, FORBIDDEN or
        UNAUTHENTICATED, REDACTED, PROOF_INVALID, and CHAIN_DOWN where it is kept elsewhere.
        """
        fingerprint = _fingerprint(request.fingerprint)
        try:
            answer = await answer_record(self._knowledge, call.caller.reader, fingerprint)
        except Rejected as refusal:
            raise asking_for_token(refusal, call) from None
        known = (await self._states.of([fingerprint])).get(fingerprint)
        said = await superseded(self._knowledge, call.caller.reader, answer)
        found = await self._findings.of(call.caller.reader, [fingerprint]) if self._findings else {}
        return pb.GetRecordResponse(record=record_message(answer, known, said, found.get(fingerprint)))

    async def get_receipt(self, request: pb.GetReceiptRequest, call: Call) -> pb.GetReceiptResponse:
        """The receipt, for anybody: it tells nothing of the record, and a provider
        that signs its own has no token.

        The evidence holds the record, so it goes to those who may read it, and is left out for others.
        """
        fingerprint = _fingerprint(request.fingerprint)
        found = await answer_receipt(self._knowledge, self._receipts, call.caller.reader, fingerprint)
        known = (await self._states.of([fingerprint])).get(fingerprint)
        told = receipt_message(fingerprint, found.receipt, known.copies if known else None)
        return pb.GetReceiptResponse(receipt=told, evidence=found.evidence)

    async def get_dossier(self, request: pb.GetDossierRequest, call: Call, send: Send) -> None:
        """An answer with all that it rests on, as far as the caller may read it. Raises BAD_REQUEST, and as
        `journey.dossier`.
        """
        asked, reader = question_of(request), call.caller.reader
        async with aclosing(dossier(self._knowledge, reader, asked, self._vouch)) as parts:
            async for part in parts:
                for start in range(0, len(part), PART_BYTES):
                    await send(pb.GetDossierResponse(part=part[start : start + PART_BYTES]))

    async def verify_record(self, request: pb.VerifyRecordRequest, call: Call) -> pb.VerifyRecordResponse:
        """A record of the network, or evidence from anywhere, step by step.
        A chain that is down is a verdict of its own.
        """
        if bool(request.fingerprint) == bool(request.evidence):
            raise Rejected("BAD_REQUEST", "give a fingerprint or evidence, and not both", path="/fingerprint")
        try:
            return report_message(await self._report(request, call))
        except Unavailable as unreachable:
            if unreachable.code != "CHAIN_DOWN":
                raise
            return pb.VerifyRecordResponse(verdict=pb.VERDICT_UNREACHABLE, fingerprint=request.fingerprint)

    async def get_status(self, request: pb.GetStatusRequest, call: Call) -> pb.GetStatusResponse:
        """How this node stands."""
        return status_message(await self._standing())

    async def list_audits(self, request: pb.ListAuditsRequest, call: Call) -> pb.ListAuditsResponse:
        """What came of this node's audits. Raises UNAUTHENTICATED, FORBIDDEN, NOT_FOUND."""
        return await self.audits.list(request, call.caller)

    async def get_transcript(self, request: pb.GetTranscriptRequest, call: Call) -> pb.GetTranscriptResponse:
        """The transcript of one of them. Raises UNAUTHENTICATED, FORBIDDEN, NOT_FOUND."""
        return await self.audits.transcript(request, call.caller)

    async def _report(self, request: pb.VerifyRecordRequest, call: Call) -> Report:
        now_ms = int(self._now() * 1_000)
        if request.evidence:
            return await verify_evidence(self._knowledge, request.evidence, now_ms)
        try:
            return await verify_kept(
                self._knowledge, call.caller.reader, _fingerprint(request.fingerprint), now_ms
            )
        except Rejected as refusal:
            raise asking_for_token(refusal, call) from None


def _fingerprint(text: str) -> Fingerprint:
    return Fingerprint(bytes.fromhex(text))


def asking_for_token(refusal: Rejected, call: Call) -> Rejected:
    """To a caller without a token, FORBIDDEN is said as
    UNAUTHENTICATED: a token may help (RFC 9110, 401 and 403).
    """
    if refusal.code != "FORBIDDEN" or call.caller.reader.authenticated:
        return refusal
    return Rejected("UNAUTHENTICATED", refusal.message)
