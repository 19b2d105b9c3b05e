"""What can be uploaded, and what became of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from tracehold.core.errors import TraceholdError
from tracehold.core.record import Audience
from tracehold.v1 import event_pb2, record_pb2, upload_pb2
from tracehold_client.errors import of_item
from tracehold_client.states import State

Item = upload_pb2.UploadItem
"""One record to upload: made by one of the functions below."""


def statement(raw: bytes) -> Item:
    """A statement that its provider signed (see `Signer`): kept byte for byte."""
    return Item(statement=raw)


def event_json(raw: bytes, *, party: str = "", audience: Audience | None = None) -> Item:
    """One EPCIS event as JSON-LD that the creator signs for `party`, by default the party of the token."""
    return Item(event_json=raw, party=party, audience=audience_number(audience))


def event(message: event_pb2.Event, *, party: str = "", audience: Audience | None = None) -> Item:
    """One typed EPCIS event that the creator writes as JSON-LD and signs for `party`."""
    return Item(event=message, party=party, audience=audience_number(audience))


def masterdata_json(raw: bytes, *, party: str = "", audience: Audience | None = None) -> Item:
    """One master data element (docs/spec/masterdata.md) that the creator signs for `party`."""
    return Item(masterdata_json=raw, party=party, audience=audience_number(audience))


def items_of(given: Iterable[Item | bytes]) -> list[Item]:
    """The same as items; plain bytes are statements."""
    return [statement(each) if isinstance(each, bytes) else each for each in given]


def upload_request(
    items: Iterable[Item | bytes], wait_for: State, all_or_nothing: bool, receipts: bool
) -> upload_pb2.UploadRequest:
    """One batch on the wire."""
    return upload_pb2.UploadRequest(
        items=items_of(items),
        wait_for=record_pb2.State.ValueType(int(wait_for)),
        all_or_nothing=all_or_nothing,
        omit_receipts=not receipts,
    )


def audience_number(audience: Audience | None) -> "record_pb2.Audience.ValueType":
    """The audience on the wire; None leaves it to the creator's default, NETWORK."""
    if audience is None:
        return record_pb2.AUDIENCE_UNSPECIFIED
    return record_pb2.Audience.Value(f"AUDIENCE_{audience.name}")


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of one item: either `error` says why it was refused, or the rest where it stands.

    A record that was sealed and did not reach the state asked for in time has no error:
    `state` says how far it came. `fingerprint` and `log` are 64 lowercase hexadecimal
    digits; `warnings` are (code, path, message).
    """

    fingerprint: str
    log: str
    index: int
    state: State
    receipt: bytes
    warnings: tuple[tuple[str, str, str], ...]
    error: TraceholdError | None

    @property
    def duplicate(self) -> bool:
        """Whether the node had this record before."""
        return any(code == "DUPLICATE" for code, _, _ in self.warnings)

    def unwrap(self) -> "Uploaded":
        """Itself if it was taken; raises its error otherwise."""
        if self.error is not None:
            raise self.error
        return self


def refused(error: TraceholdError) -> Uploaded:
    """An item that came to no log."""
    return Uploaded("", "", 0, State.NONE, b"", (), error)


def uploaded(result: upload_pb2.UploadResult) -> Uploaded:
    """One result of the wire."""
    sealed = result.state != record_pb2.STATE_UNSPECIFIED
    return Uploaded(
        fingerprint=result.fingerprint,
        log=result.log,
        index=result.index,
        state=State(result.state),
        receipt=result.receipt,
        warnings=tuple((warning.code, warning.path, warning.message) for warning in result.warnings),
        error=of_item(result.error) if result.HasField("error") and not sealed else None,
    )
