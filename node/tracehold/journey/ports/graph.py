"""Graph: relations between items, derived from logs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import Fact, Wanted
from tracehold.core.spans import Spans


@dataclass(frozen=True, slots=True)
class MasterDataVersion:
    """What a party said about an item, a place or a party; versions by position in the log, newest last."""

    id: str
    type: str
    issuer: str
    fingerprint: Fingerprint
    audience: str
    payload: bytes
    known_ms: int | None


@dataclass(frozen=True, slots=True)
class Indexed:
    """One follower step of the index: facts and master data of entries [start, stop) of a log, each with its
    entry's index. Their `known_ms` is the time of the checkpoint that sealed the entry.
    """

    log: LogId
    start: int
    stop: int
    facts: Sequence[tuple[int, Fact]]
    masterdata: Sequence[tuple[int, MasterDataVersion]]


@dataclass(frozen=True, slots=True)
class Known:
    """Entries [start, stop) of a log were known by this time: that of their covering anchor's block."""

    start: int
    stop: int
    known_ms: int


class Graph(Protocol):
    """Relations between items, derived from logs; may be dropped and made again at any time.
    A hint, never an authority. Every method may raise `Unavailable("GRAPH_DOWN")`. Reads may
    run at once with each other and with one writer. A read whose call is cancelled stops working.
    """

    async def add(self, step: Indexed) -> None:
        """Add the step's facts and count its entries as indexed, in one durable transaction.

        Harmless to repeat: entries that are indexed already are passed over. Steps of a log of which parts
        are kept may come in any order. A record that stands in several logs is one fact, known since the
        earliest.
        """
        ...

    async def set_known(self, log: LogId, ranges: Sequence[Known]) -> None:
        """Set when these entries were known, indexed yet or not; it goes before what their checkpoints say.

        A later range wins where ranges overlap. One durable transaction; harmless to repeat.
        """
        ...

    async def facts(self, items: Collection[str], transformations: Collection[str] = ()) -> Sequence[Fact]:
        """All facts that touch one of these items (in any role), have one of them as a business transaction,
        or belong to one of these transformation ids, each once, in any order, with the time by which each was
        known.
        """
        ...

    async def readings(self, asked: Mapping[str, Spans]) -> Sequence[Fact]:
        """All facts that are found at one of these places within its spans of instants
        (`core.lineage.is_read`), as `facts` has them; in a time that hangs on how many these are, however
        much was read there before and after.
        """
        ...

    async def by_event_id(self, event_ids: Collection[str]) -> Sequence[Fact]:
        """All facts with one of these event ids (error declarations included)."""
        ...

    async def masterdata(self, id: str) -> Sequence[MasterDataVersion]:
        """All versions about this identifier, each record once, oldest first: by
        position within a log, by the time known across logs.
        """
        ...

    async def is_described(self, id: str) -> bool:
        """Whether any version about this identifier says something: the same as of `masterdata`, and as quick
        however many there are.
        """
        ...

    async def erase(self, fingerprint: Fingerprint) -> None:
        """Forget for good what a record says, but by which names it is found, so that it is missed where they
        are asked for. Durable on return; harmless to repeat, and where there is no such record.
        """
        ...

    async def reopen(self, log: LogId, index: int) -> None:
        """Count an entry as not indexed: its bytes were damaged when it was, or may have been. What it says
        stays until then. Durable on return; harmless to repeat.
        """
        ...

    async def coverage(self) -> Mapping[LogId, Spans]:
        """Per log, which entries were indexed."""
        ...

    async def clear(self) -> None:
        """Forget everything, coverage and known times included; durable on return."""
        ...


@runtime_checkable
class Reaching(Protocol):
    """A graph that also finds by itself which names a walk upstream will ask for."""

    async def reach(
        self, items: Collection[str], *, at: int | None, known_at: int | None, max_depth: int, most: int
    ) -> Wanted:
        """The items, what they came from and what ever held any of it, with the transformation ids between;
        about `most` names. A hint: a name may be too many or missing, for only the rules know who was in
        what, and only facts that were checked count. Raises as `Graph`.
        """
        ...
