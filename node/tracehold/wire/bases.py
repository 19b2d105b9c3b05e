"""Bases, what copies rest on that begin at a later segment, as messages and back."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.record import fingerprint, parse
from tracehold.core.tiles import Coord
from tracehold.journey.ports import Base, BasePart, NewEntry
from tracehold.v1 import peer_pb2
from tracehold.wire.limits import check

PART_BYTES = 2 << 20
"""A message of a shipment ends before it has more than this; one record may go beyond."""

_LEAST = PART_BYTES // 1_024
"""What a tile or control record counts at least: no message has more of them than its limit."""

_HASH = 32


def base_message(part: BasePart | None) -> peer_pb2.GetBaseResponse:
    """A part of a base; of none, nothing."""
    message = peer_pb2.GetBaseResponse(more=part is not None and part.more)
    for _, piece in base_pieces(part.base if part else None):
        message.tiles.extend(piece.tiles)
        message.controls.extend(piece.controls)
    return message


def read_base(response: peer_pb2.GetBaseResponse, log: LogId, start: int) -> BasePart | None:
    """The part of the base that was asked for; None where the peer cannot give it. Raises BAD_REQUEST, and
    what `record.parse` says of a control record.
    """
    check(response)
    if not response.controls:
        if response.tiles or response.more:
            raise _refused("a base comes without control records")
        return None
    controls = [read_control(control) for control in response.controls]
    check_order([index for index, _ in controls], start)
    return BasePart(Base(log, start, [read_tile(tile) for tile in response.tiles], controls), response.more)


def base_pieces(base: Base | None) -> Iterator[tuple[int, peer_pb2.ReplicateRequest]]:
    """Each tile and control record, in order: what it weighs, and a message of it alone."""
    for coord, hashes in base.tiles if base else ():
        tile = peer_pb2.LogTile(level=coord.level, index=coord.index, hashes=hashes)
        yield max(_LEAST, len(hashes)), peer_pb2.ReplicateRequest(tiles=[tile])
    for index, entry in base.controls if base else ():
        erased = b"" if entry.raw else entry.fingerprint
        control = peer_pb2.EarlierControl(index=index, statement=entry.raw, erased=erased)
        yield max(_LEAST, len(entry.raw)), peer_pb2.ReplicateRequest(controls=[control])


def check_order(indices: Sequence[int], start: int) -> None:
    """Returns if control records stand in order and before `start`. Raises BAD_REQUEST."""
    if any(second <= first for first, second in pairwise([*indices, start])):
        raise _refused("the control records are not in order, or not before the first entry")


def read_tile(tile: peer_pb2.LogTile) -> tuple[Coord, bytes]:
    """A tile, of whole hashes. Raises BAD_REQUEST."""
    if len(tile.hashes) % _HASH:
        raise _refused("a tile is of hashes of 32 bytes")
    return Coord(tile.level, tile.index), tile.hashes


def read_control(control: peer_pb2.EarlierControl) -> tuple[int, NewEntry]:
    """A control record, whose fingerprint is computed here. Raises BAD_REQUEST and as `record.parse`."""
    raw, erased = control.statement, control.erased
    if bool(raw) == bool(erased) or len(erased) not in {0, _HASH}:
        raise _refused("a control record has its bytes, or where they were erased its fingerprint")
    if erased:
        return control.index, NewEntry(Fingerprint(erased), b"", "")
    return control.index, NewEntry(fingerprint(raw), raw, parse(raw).header.kind)


def _refused(message: str) -> Rejected:
    return Rejected("BAD_REQUEST", message)
