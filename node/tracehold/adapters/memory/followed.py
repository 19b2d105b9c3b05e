"""What was taken over of the chain, in memory, for tests: it keeps what the port promises. Nothing here is
durable; a "restart" is a new owner of the same object.
"""

from collections.abc import Collection, Mapping, Sequence

from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint
from tracehold.journey.ports.followed import (
    APART,
    MEMBERS,
    NEAR,
    Anchored,
    Change,
    LogRetired,
    Page,
    Place,
    Pointer,
    Superseded,
)


class MemoryFollowed:
    """`journey.ports.Followed` in memory; what each method promises stands there. Asserts that a page is of
    one branch and in order.
    """

    def __init__(self) -> None:
        self._contract = b""
        self._places: list[Place] = []
        self._changes: list[Change] = []
        self._final = -1

    async def begin(self, contract: bytes) -> None:
        """Follow this contract."""
        if contract != self._contract:
            await self.undo(None)
        self._contract = contract

    async def contract(self) -> bytes:
        """The contract that is followed."""
        return self._contract

    async def newest(self) -> Place | None:
        """The bookmark."""
        return self._places[-1] if self._places else None

    async def final(self) -> int:
        """The newest final block that a page told."""
        return self._final

    async def places(self) -> Sequence[Place]:
        """Blocks that were taken over."""
        return list(self._places)

    async def take(self, page: Page) -> None:
        """All of the page, or nothing."""
        if await self.newest() != page.since:
            raise Rejected("HEAD_MOVED", "the chain was followed further meanwhile")
        if page.places:
            _check(page)
        known, oldest = [*self._places, *page.places], page.upto.number - NEAR
        self._places = [each for each in known if each.number > oldest or each.number % APART == 0]
        self._changes += page.changes
        self._final = max(self._final, page.final)

    async def undo(self, to: Place | None) -> Sequence[Change]:
        """Forget what came after a block."""
        after = -1 if to is None else to.number
        gone = [each for each in self._changes if each.number > after]
        self._places = [each for each in self._places if each.number <= after]
        self._changes = [each for each in self._changes if each.number <= after]
        self._final = min(self._final, after)
        return gone

    async def members(self) -> Sequence[Change]:
        """All changes of members."""
        return [each for each in self._changes if isinstance(each.what, MEMBERS)]

    async def anchored(self, node: int, after: int = 0, count: int = 1) -> Sequence[Change]:
        """A node's first anchors past a size."""
        found = [each for each in self._anchors(node) if _size(each) > after]
        return sorted(found, key=_size)[:count]

    async def heads(self) -> Sequence[Change]:
        """The newest anchor of each node."""
        nodes = {each.what.node for each in self._changes if isinstance(each.what, Anchored)}
        return [max(self._anchors(node), key=_size) for node in sorted(nodes)]

    async def pointers(self, records: Collection[Fingerprint]) -> Mapping[Fingerprint, Sequence[Pointer]]:
        """What records are said to be superseded by."""
        found: dict[Fingerprint, list[Pointer]] = {}
        for each in self._changes:
            match each.what:
                case Superseded(node, name, replacement) if name in records:
                    pointer = Pointer(node, name, replacement, each.number, each.hash, each.time)
                    found.setdefault(name, []).append(pointer)
        return found

    async def retired(self) -> Sequence[Change]:
        """The logs that ended."""
        return [each for each in self._changes if isinstance(each.what, LogRetired)]

    def _anchors(self, node: int) -> list[Change]:
        return [each for each in self._changes if isinstance(each.what, Anchored) and each.what.node == node]


def _size(change: Change) -> int:
    return change.what.size if isinstance(change.what, Anchored) else 0


def _check(page: Page) -> None:
    start = page.since.number if page.since else -1
    numbers = [place.number for place in page.places]
    assert numbers == sorted(set(numbers)), "places out of order"
    assert page.places[-1] == page.upto, "the last place is not the page's end"
    assert numbers[0] > start, "a place before the page"
    known = {start: page.since.hash if page.since else b""} | {each.number: each.hash for each in page.places}
    for place in page.places:
        assert known.get(place.number - 1, place.parent) in {place.parent, b""}, "two branches in one page"
    order = [(change.number, change.index) for change in page.changes]
    assert order == sorted(set(order)), "events out of order"
    for change in page.changes:
        assert start < change.number <= page.upto.number, "an event outside the page"
        assert known.get(change.number) == change.hash, "an event of a block that is not in the page"
