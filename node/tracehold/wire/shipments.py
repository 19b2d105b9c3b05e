"""Shipments, checkpoints, and what holders answer, as messages and back; read as strictly as all of peers."""

from collections.abc import Iterator

from tracehold.core.checkpoint import Checkpoint, parse_note
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.tiles import Coord
from tracehold.journey.ports import Base, Handed, Kept, NewEntry, Sent, Shipment
from tracehold.v1 import errors_pb2, peer_pb2
from tracehold.wire.bases import PART_BYTES, base_pieces, check_order, read_control, read_tile
from tracehold.wire.descriptors import enum_words
from tracehold.wire.limits import check
from tracehold.wire.peers import entries_message, read_entries, read_sent
from tracehold.wire.words import number_of

MAX_SHIPMENT_BYTES = 40 << 20
"""The messages of one shipment, together."""

MAX_TILES = 8_192
"""Tiles of the base in one shipment."""

MAX_CONTROLS = 65_536
"""Control records of the base in one shipment."""

_SIGNATURE = 64
_HASH = 32


def shipment_messages(shipment: Shipment) -> Iterator[peer_pb2.ReplicateRequest]:
    """The shipment in messages of about `PART_BYTES`, made one by one as they are taken."""
    part = peer_pb2.ReplicateRequest(
        head=peer_pb2.ShipmentHead(
            checkpoint=checkpoint_message(shipment.checkpoint),
            start=shipment.start,
            prev_size=shipment.prev_size,
            base=shipment.base is not None,
        )
    )
    filled = 0
    for weight, piece in _pieces(shipment):
        if filled and filled + weight > PART_BYTES:
            yield part
            part, filled = peer_pb2.ReplicateRequest(), 0
        part.MergeFrom(piece)
        filled += weight
    yield part


def _pieces(shipment: Shipment) -> Iterator[tuple[int, peer_pb2.ReplicateRequest]]:
    """Everything that comes after the head, in order: what it weighs, and a message of it alone."""
    yield from base_pieces(shipment.base)
    for sent in shipment.entries:
        erasures = () if sent.raw else (sent.fingerprint,)
        yield (
            len(sent.raw) + 2 * _HASH,
            peer_pb2.ReplicateRequest(statements=[sent.raw], erased=erasures),
        )


class Arrivals:
    """The messages of one shipment as they come in. No more of them is kept than a shipment may have."""

    def __init__(self) -> None:
        self._head: peer_pb2.ShipmentHead | None = None
        self._entries: list[Sent] = []
        self._tiles: list[tuple[Coord, bytes]] = []
        self._controls: list[tuple[int, NewEntry]] = []
        self.bytes = 0
        """Of the messages so far."""

    def add(self, part: peer_pb2.ReplicateRequest) -> None:
        """The next message, its fields within their limits. Raises BAD_REQUEST where it does not go on from
        the ones before, REQUEST_TOO_LARGE, and what `record.parse` says of a control record.
        """
        self.bytes += part.ByteSize()
        if self.bytes > MAX_SHIPMENT_BYTES:
            raise Rejected("REQUEST_TOO_LARGE", f"a shipment has at most {MAX_SHIPMENT_BYTES} bytes")
        if part.HasField("head") != (self._head is None):
            raise _refused("the first message of a shipment has the head, and no other")
        if self._head is not None and not (part.tiles or part.controls or part.statements):
            raise _refused("there is nothing in a message")
        self._head = self._head or part.head
        self._tiles += [read_tile(tile) for tile in part.tiles]
        self._controls += [read_control(control) for control in part.controls]
        self._entries += read_sent(part.statements, part.erased)
        for what, most in (
            (self._tiles, MAX_TILES),
            (self._controls, MAX_CONTROLS),
            (self._entries, SEGMENT_ENTRIES),
        ):
            if len(what) > most:
                raise _refused(f"there are more than {most} of one kind in a shipment")

    def shipment(self) -> Shipment:
        """The whole, after the last message. Raises BAD_REQUEST where it is none, MALFORMED_PROOF."""
        head = self._head
        if head is None:
            raise _refused("a shipment has at least one message")
        checkpoint = read_checkpoint(head.checkpoint)
        if self._entries and head.start + len(self._entries) != checkpoint.size:
            raise _refused("the entries do not end where the checkpoint does")
        if not head.base and (self._tiles or self._controls):
            raise _refused("a base comes that was not announced")
        check_order([index for index, _ in self._controls], head.start)
        base = Base(checkpoint.log, head.start, self._tiles, self._controls) if head.base else None
        return Shipment(checkpoint.log, head.start, self._entries, checkpoint, head.prev_size, base)


def checkpoint_message(checkpoint: Checkpoint) -> peer_pb2.SignedCheckpoint:
    """Both signed forms."""
    return peer_pb2.SignedCheckpoint(
        note=checkpoint.note, protected=checkpoint.cose_protected, signature=checkpoint.cose_signature
    )


def read_checkpoint(message: peer_pb2.SignedCheckpoint) -> Checkpoint:
    """What the note says, and nothing verified: that is `core.checkpoint.check_checkpoint`. Raises
    MALFORMED_PROOF.
    """
    note = parse_note(message.note)
    return Checkpoint(
        note.log, note.size, note.root, note.time_ms, message.note, message.protected, message.signature
    )


def read_answered(
    response: peer_pb2.GetCheckpointResponse, log: LogId, size: int | None = None
) -> Checkpoint | None:
    """The checkpoint of the log that was asked for. Raises BAD_REQUEST, MALFORMED_PROOF."""
    check(response)
    if not response.HasField("checkpoint"):
        return None
    found = read_checkpoint(response.checkpoint)
    if found.log != log or size not in (None, found.size):
        raise _refused("the checkpoint is another one than was asked for")
    return found


def handed_message(handed: Handed) -> peer_pb2.GetEntriesResponse:
    """Entries, and the checkpoint that they end with."""
    message = entries_message(handed.entries)
    if handed.checkpoint:
        message.checkpoint.CopyFrom(checkpoint_message(handed.checkpoint))
    return message


def read_handed(response: peer_pb2.GetEntriesResponse, log: LogId, start: int, most: int) -> Handed:
    """The entries from `start` on, at most so many, and the checkpoint of the log that they end with. Raises
    BAD_REQUEST where one is there without the other, MALFORMED_PROOF.
    """
    entries = read_entries(response, start, most)
    if not response.HasField("checkpoint"):
        if entries.entries:
            raise _refused("entries come without the checkpoint that they end with")
        return Handed(entries, None)
    head = read_checkpoint(response.checkpoint)
    if not entries.entries or head.log != log or head.size != start + len(entries.entries):
        raise _refused("the entries do not end where the checkpoint does")
    return Handed(entries, head)


def kept_message(kept: Kept) -> peer_pb2.ReplicateResponse:
    """A holder's answer."""
    reason = number_of(errors_pb2.ErrorReason, kept.refused)
    if kept.refused and not reason:
        raise AssertionError(f"{kept.refused} is no code")
    return peer_pb2.ReplicateResponse(
        size=kept.size, acknowledgement=kept.acknowledgement, refused=reason, pulling=kept.pulling
    )


def read_kept(response: peer_pb2.ReplicateResponse, shipment: Shipment) -> Kept:
    """The answer to a shipment. Raises BAD_REQUEST where it says two things at once, or what no holder can
    say to it.
    """
    check(response)
    words = enum_words(errors_pb2.ErrorReason.DESCRIPTOR)
    refused = words.get(response.refused, "") if response.refused else ""
    if response.refused and not refused:
        raise _refused("it is refused for a reason that is none of ours")
    if response.pulling and (refused or response.acknowledgement):
        raise _refused("nothing is fetched for what was refused, or is there")
    if response.acknowledgement:
        if refused or len(response.acknowledgement) != _SIGNATURE:
            raise _refused("this is no acknowledgement")
        if response.size < shipment.checkpoint.size:
            raise _refused("more is acknowledged than is kept")
    return Kept(response.size, response.acknowledgement, refused, response.pulling)


def _refused(message: str) -> Rejected:
    return Rejected("BAD_REQUEST", message)
