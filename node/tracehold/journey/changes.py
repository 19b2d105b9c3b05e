"""What changed between what a watcher of a log was told and the log as it stands.

A state follows from a record's position, the copies and the anchors of its log, so what a watcher was told is
five numbers and not a list: entries below `sealed`, `replicated`, `anchored` and `final`, and a mark of the
anchor under which the last of them became final. The cursor that a watcher keeps is these numbers. Pure:
nothing is kept or asked here.
"""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, replace

from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.journey.states import State

MARK_BYTES = 8
UNMARKED = bytes(MARK_BYTES)
"""The mark where nothing is final."""

_CURSOR = struct.Struct(f">8sQQQ{MARK_BYTES}sQ")
_FOUND = struct.Struct(f">8sQQQ{MARK_BYTES}sQQ")
"""Cursors of those who were told findings too."""
_OLD = struct.Struct(f">8sQQQ{MARK_BYTES}s")
"""Cursors of releases that did not tell REPLICATED."""
_FORMS = {form.size: form for form in (_OLD, _CURSOR, _FOUND)}


@dataclass(frozen=True, slots=True)
class Told:
    """What a watcher knows: the entries below each number have come that far. `mark` is of the anchor that
    made entry `final` - 1 final. `found` is the position of the findings that were told last.

    Where a network asks for no copies, entries are anchored without being replicated.
    """

    sealed: int = 0
    anchored: int = 0
    final: int = 0
    mark: bytes = UNMARKED
    replicated: int = 0
    found: int = 0

    @property
    def beyond(self) -> int:
        """Entries that were told more than sealed."""
        return max(self.replicated, self.anchored)


@dataclass(frozen=True, slots=True)
class Standing:
    """The log as it stands. Of what a watcher was told to be final, entries from `kept` on were final no more
    at some time since. `replicated` is 0 where the network asks for no copies, else `anchored` at least.
    """

    sealed: int
    anchored: int
    final: int
    kept: int
    replicated: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """Entries [first, stop) have come into `state`; afterwards the watcher was told `told`."""

    state: State
    first: int
    stop: int
    told: Told


def fall(told: Told, now: Standing, most: int) -> Change | None:
    """The first thing that was told and holds no more, over at most `most` entries; None where all holds.

    From the end of the log down: an anchor cannot stand where the one before it fell.
    """
    undone = told.final > now.kept
    if undone and told.beyond == told.final:
        return _fallen(State.REORGED, told, max(now.kept, told.final - most))
    if undone:
        floor = told.final
    elif told.anchored > now.anchored:
        floor = now.anchored
    else:
        floor = max(told.anchored, now.replicated)
    if told.beyond > floor:
        return _fallen(State.SEALED, told, max(floor, told.beyond - most))
    return None


def rise(told: Told, now: Standing, most: int) -> Change | None:
    """The first thing that holds and was not told, over at most `most` entries; None where all was. To be
    asked when nothing has fallen.
    """
    if told.sealed < now.sealed:
        stop = min(now.sealed, told.sealed + most)
        return Change(State.SEALED, told.sealed, stop, replace(told, sealed=stop))
    if told.beyond < now.replicated:
        stop = min(now.replicated, told.beyond + most)
        return Change(State.REPLICATED, told.beyond, stop, replace(told, replicated=stop))
    if told.anchored < now.anchored:
        stop = min(now.anchored, told.anchored + most)
        return Change(State.ANCHORED, told.anchored, stop, replace(told, anchored=stop))
    if told.final < now.final:
        stop = min(now.final, told.final + most)
        return Change(State.FINAL, told.final, stop, replace(told, final=stop))
    return None


def _fallen(state: State, told: Told, first: int) -> Change:
    anchored, replicated = min(told.anchored, first), min(told.replicated, first)
    left = replace(told, anchored=anchored, final=min(told.final, first), replicated=replicated)
    return Change(state, first, told.beyond, left)


def encode_cursor(log: LogId, told: Told) -> str:
    """The cursor of a watcher who was told so much. It is no secret, and of this log only."""
    parts = (log[:8], told.sealed, told.anchored, told.final, told.mark, told.replicated)
    return _text(_FOUND.pack(*parts, told.found) if told.found else _CURSOR.pack(*parts))


def decode_cursor(log: LogId, text: str) -> Told:
    """What the watcher of this cursor was told; nothing, for an empty one. BAD_REQUEST where it is not of
    this log.
    """
    if not text:
        return Told()
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        name, *parts = _FORMS.get(len(raw), _CURSOR).unpack(raw)
    except (ValueError, struct.error) as error:
        raise bad_cursor("is no cursor of this node") from error
    told = Told(*parts)
    in_order = told.final <= told.anchored <= told.sealed and told.replicated <= told.sealed
    if name != log[:8] or not in_order or _text(raw) != text:
        raise bad_cursor("is no cursor of this node")
    return told


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def bad_cursor(message: str) -> Rejected:
    """What the holder of a wrong cursor is told."""
    return Rejected("BAD_REQUEST", message, path="/cursor", remedy="Begin without a cursor.")
