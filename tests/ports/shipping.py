"""What nodes ship to each other in tests, and a keeper that does as it is told."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.journey.network import Node
from tests.journey.scene import SALTS, START
from tracehold.core.checkpoint import Checkpoint, sign_checkpoint
from tracehold.core.ids import Fingerprint, LogId, Root
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.record import fingerprint
from tracehold.core.tiles import Coord
from tracehold.journey.neighbours import Neighbour
from tracehold.journey.ports import Base, Kept, NewEntry, Sent, Shipment

ACK = b"\xac" * 64
ERASED = Sent(b"", Fingerprint(b"\xee" * 32))


def keeps(shipment: Shipment) -> Kept:
    """All of it is kept, and acknowledged."""
    return Kept(shipment.checkpoint.size, ACK)


@dataclass
class Shelf:
    """A `Keeper`: writes down what comes, and answers as it is told, once `open` is set."""

    answer: Callable[[Shipment], Kept] = keeps
    known: dict[LogId, Checkpoint] = field(default_factory=dict)
    taken: list[tuple[Neighbour, Shipment]] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()

    async def replicate(self, caller: Neighbour, shipment: Shipment) -> Kept:
        """See `Keeper`."""
        self.taken.append((caller, shipment))
        await self.open.wait()
        return self.answer(shipment)

    async def checkpoint(self, log: LogId, size: int | None = None) -> Checkpoint | None:
        """See `Keeper`."""
        found = self.known.get(log)
        return found if found is None or size in (None, found.size) else None


def sent(raw: bytes) -> Sent:
    """An entry with its fingerprint."""
    return Sent(raw, fingerprint(raw))


def state(node: Node, size: int, root: bytes = b"\x0a" * 32) -> Checkpoint:
    """The node signs that its log is in this state."""
    own = node.sealer.own
    ms = int(START) * 1000
    key, operator = own.identity.key, own.identity.operator
    return sign_checkpoint(own.log, size, Root(root), ms, ms, operator=operator, key=key)


def shipment(node: Node, entries: Sequence[Sent], start: int = 0, prev_size: int = 0) -> Shipment:
    """Entries of the node's log up to a state that it signs; nothing looks at roots here."""
    checkpoint = state(node, start + len(entries))
    return Shipment(node.log, start, entries, checkpoint, prev_size)


async def based(node: Node) -> tuple[Shipment, Base]:
    """The first entry of the third segment, and its base: tiles, and control records of which one was
    redacted.
    """
    (header,) = await node.store.read(node.log, 0, 1)
    tiles = [(Coord(0, 0), SALTS(32) * 256), (Coord(0, 256), SALTS(32) * 256), (Coord(2, 0), SALTS(32) * 2)]
    controls = [
        (0, NewEntry(header.fingerprint, header.raw, header.kind)),
        (70_000, NewEntry(ERASED.fingerprint, b"", "")),
    ]
    start = 2 * SEGMENT_ENTRIES
    base = Base(node.log, start, tiles, controls)
    return Shipment(node.log, start, [sent(b"snapshot")], state(node, start + 1), start, base), base
