"""Uploads on the wire: items in, outcomes and states out."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from tracehold.core.errors import Rejected, TraceholdError
from tracehold.core.ids import Fingerprint
from tracehold.core.limits import MAX_RECORD_BYTES
from tracehold.core.record import Kind
from tracehold.journey.found import Found
from tracehold.journey.states import StateOf
from tracehold.journey.superseded import Supersession
from tracehold.journey.upload import Delegated, Item, Outcome, Statement
from tracehold.v1 import record_pb2, upload_pb2
from tracehold.wire.events import event_json
from tracehold.wire.limits import check
from tracehold.wire.records import findings_message, superseded_message
from tracehold.wire.words import audience, copies_message, error_message, state_number

PartyOf = Callable[[str], str]
"""For which party the creator signs, given the one that an item names or
an empty text. Raises where the caller may not.
"""


def read_item(item: upload_pb2.UploadItem, party_of: PartyOf) -> Item:
    """What is to be uploaded. Raises what is wrong with this item: RECORD_TOO_LARGE, BAD_REQUEST, BAD_TIME,
    and what `party_of` raises. Paths are within the item.
    """
    kind = item.WhichOneof("item")
    if kind is None:
        raise Rejected("BAD_REQUEST", "an item holds a statement, an event or master data")
    if kind != "event" and len(getattr(item, kind)) > MAX_RECORD_BYTES:
        raise Rejected("RECORD_TOO_LARGE", f"{len(getattr(item, kind))} bytes; at most {MAX_RECORD_BYTES}")
    check(item)
    if kind == "statement":
        return _statement(item)
    payload = event_json(item.event) if kind == "event" else getattr(item, kind)
    return Delegated(
        party=party_of(item.party),
        payload=payload,
        kind=Kind.MASTERDATA if kind == "masterdata_json" else Kind.EVENT,
        audience=audience(item.audience, "/audience"),
    )


def _statement(item: upload_pb2.UploadItem) -> Statement:
    """A statement says itself who speaks and who may read it:
    saying it beside it again would be a second truth.
    """
    if item.party:
        raise Rejected("BAD_REQUEST", "must be empty for a statement", path="/party")
    if item.audience:
        raise Rejected("BAD_REQUEST", "must be unspecified for a statement", path="/audience")
    return Statement(item.statement)


def result_message(outcome: Outcome) -> upload_pb2.UploadResult:
    """What became of one item."""
    result = upload_pb2.UploadResult(
        state=state_number(outcome.state),
        receipt=outcome.receipt or b"",
        warnings=warnings(outcome),
        copies=copies_message(outcome.copies),
    )
    if outcome.fingerprint is not None:
        result.fingerprint = outcome.fingerprint.hex()
    if outcome.index is not None:
        result.log, result.index = outcome.log.hex(), outcome.index
    if outcome.error is not None:
        result.error.CopyFrom(error_message(outcome.error))
    return result


def refused_message(error: TraceholdError) -> upload_pb2.UploadResult:
    """The result of an item that was refused before it came to the log."""
    return upload_pb2.UploadResult(error=error_message(error))


def warnings(outcome: Outcome) -> list[upload_pb2.Warning]:
    """What is worth knowing about a record that was taken."""
    found = [
        upload_pb2.Warning(code=finding.code, path=finding.path, message=finding.message)
        for finding in outcome.findings
    ]
    if outcome.duplicate:
        text = "this came before; the answer is the first record's"
        found.append(upload_pb2.Warning(code="DUPLICATE", message=text))
    return found


def read_fingerprints(texts: Iterable[str]) -> list[Fingerprint]:
    """Fingerprints out of hexadecimal digits, which the limits have checked."""
    return [Fingerprint(bytes.fromhex(text)) for text in texts]


def states_message(
    asked: Sequence[Fingerprint],
    states: Mapping[Fingerprint, StateOf],
    superseded: Mapping[Fingerprint, Supersession],
    found: Mapping[Fingerprint, Found] | None = None,
) -> upload_pb2.GetStatesResponse:
    """One state for each fingerprint, in the order in which they were asked for."""
    return upload_pb2.GetStatesResponse(
        states=[
            _state(name, states.get(name), superseded.get(name), (found or {}).get(name)) for name in asked
        ]
    )


def _state(
    fingerprint: Fingerprint,
    known: StateOf | None,
    superseded: Supersession | None,
    found: Found | None,
) -> upload_pb2.RecordState:
    if known is None:
        return upload_pb2.RecordState(fingerprint=fingerprint.hex(), state=record_pb2.STATE_UNSPECIFIED)
    return upload_pb2.RecordState(
        fingerprint=fingerprint.hex(),
        state=state_number(known.state),
        log=known.log.hex(),
        index=known.index,
        copies=copies_message(known.copies),
        superseded=superseded_message(superseded),
        findings=findings_message(found),
    )
