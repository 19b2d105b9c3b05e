"""Originals: documents that were converted, kept byte for byte as attachments of the records made of them.

An original is its party's: it is kept for that party's records in the own log that name it, handed out by
them, and erased with the first of them that is redacted. Records of others name what they like: whoever names
a document that somebody else brought gets nothing by that, and takes nothing away.

The bytes are on disk before a record names them, unsettled since the log's size at that time. Where it is
not known what became of a capture (a crash, a stopping node), the log from there on tells: by `sweep`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from blake3 import blake3

from tracehold.core.access import Reader
from tracehold.core.blocks import Blocks, blocks_of, cid_of
from tracehold.core.cid import Cid
from tracehold.core.errors import Broken, Rejected, TraceholdError, Unavailable
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.record import Attachment, Record, parse
from tracehold.journey.check import SLICE
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.locate import answer_record
from tracehold.journey.own_log import OwnLog
from tracehold.journey.ports import Blobs, Entry, Owner, RecordLog

_OWNER = "tracehold/attachment-owner/v1"

Whose = tuple[Owner, Fingerprint]
"""One original of one party."""


def attachment(raw: bytes, media_type: str) -> Attachment:
    """How a record names these bytes."""
    blocks = blocks_of(raw)
    return Attachment(blocks.fingerprint, len(raw), media_type, blocks.digest)


def owner(log: LogId, party: str) -> Owner:
    """The party in this log, as `Blobs` knows it: BLAKE3 over both, 32 bytes."""
    return Owner(blake3(log + party.encode("utf-8", "surrogatepass"), derive_key_context=_OWNER).digest())


@dataclass(frozen=True, slots=True)
class Originals:
    """Keeps originals. One per node. `own` gives the own log as it is on disk; `room` returns if so many
    bytes may be written, and raises `Unavailable("DISK_LOW")` otherwise.
    """

    blobs: Blobs
    log: RecordLog
    own: Callable[[], OwnLog]
    room: Callable[[int], None]
    waits: Callable[[Whose], bool] = lambda whose: False
    """Whether content that no record names is to stay for now."""
    _locks: "WeakValueDictionary[Whose, asyncio.Lock]" = field(default_factory=WeakValueDictionary)

    @asynccontextmanager
    async def capturing(self, party: str, raw: bytes, name: Fingerprint) -> AsyncIterator["Original"]:
        """Within, the party's document is captured: nobody else captures, erases or settles it meanwhile.

        At the end what no record names is gone. Where this is left by what may have sealed records and may
        not, it stays unsettled.
        """
        whose = owner(self.own().log, party), name
        async with self.alone(whose):
            try:
                yield Original(self, whose, raw)
            except (Rejected, Unavailable) as error:
                if error.code != "STOPPING":  # the log may go on after that
                    await self.settle(whose)
                raise
            await self.settle(whose)

    @asynccontextmanager
    async def forgetting(self, entry: Entry) -> AsyncIterator[None]:
        """Delete what is kept for the entry; until the end nothing is kept for it anew. Raises `Broken`."""
        named: Collection[Whose] = ()
        with suppress(Rejected):
            named = self.kept_for_entry(entry)
        async with AsyncExitStack() as stack:
            for whose in sorted(named):
                await stack.enter_async_context(self.alone(whose))
                await self.blobs.erase(*whose)
            yield

    async def sweep(self) -> None:
        """Settle what the last run left open. To be called when the own log is whole. Raises what blobs and
        the store raise; harmless to repeat.
        """
        for each in await self.blobs.unsettled():
            whose = each.owner, each.name
            async with self.alone(whose):
                await self._settle(whose)

    def kept_for(self, log: LogId, record: Record) -> frozenset[Whose]:
        """What may be kept here for a record that stands in this log: of its party, and in the own log only.
        Whoever speaks in another one speaks for parties that this node did not enrol.
        """
        if log != self.own().log:
            return frozenset()
        whose = owner(log, record.header.iss)
        return frozenset((whose, each.fingerprint) for each in record.header.attachments)

    def kept_for_entry(self, entry: Entry) -> frozenset[Whose]:
        """`kept_for` a stored entry; raises `Rejected` where it is damaged."""
        return frozenset() if entry.erased else self.kept_for(entry.log, parse(entry.raw))

    @asynccontextmanager
    async def alone(self, whose: Whose) -> AsyncIterator[None]:
        """Within, nobody else captures, stages, erases or settles it."""
        lock = self._locks.setdefault(whose, asyncio.Lock())
        async with lock:
            yield

    async def settle(self, whose: Whose) -> None:
        """Keep it for good or not at all, as the log says; where log or folder do not tell now, the next
        start asks again.
        """
        with suppress(TraceholdError):
            await self._settle(whose)

    async def _settle(self, whose: Whose) -> None:
        await self.decide(whose, still=self.waits(whose))

    async def decide(self, whose: Whose, *, still: bool) -> None:
        """Keep it for good where the log names it; else erase it, or leave it where it is to wait `still`.
        Raises what blobs and the store raise.
        """
        for each in await self.blobs.unsettled():
            if (each.owner, each.name) != whose:
                continue
            if await self._is_named(whose, each.since):
                await self.blobs.settle(*whose)
            elif not still:
                await self.blobs.erase(*whose)

    async def _is_named(self, whose: Whose, since: int) -> bool:
        own = self.own().log
        while entries := await self.log.read(own, since, since + SLICE):
            if any(self.may_name(entry, whose) for entry in entries):
                return True
            since = entries[-1].index + 1
            await asyncio.sleep(0)
        return False

    def may_name(self, entry: Entry, whose: Whose) -> bool:
        """Whether the original is kept for this entry, or may be."""
        try:
            return whose in self.kept_for_entry(entry)
        except Rejected:
            return True  # damaged here: bytes too many do less harm than lost ones


@dataclass(slots=True)
class Original:
    """One document of a party, while it is captured. `kept`: its bytes are here for records to come."""

    _originals: Originals
    _whose: Whose
    _raw: bytes
    kept: bool = False

    async def keep(self) -> None:
        """Keep the bytes, durably, for records that are about to be sealed. Raises DISK_LOW and `Broken`."""
        originals = self._originals
        originals.room(len(self._raw))
        try:
            await originals.blobs.keep(*self._whose, self._raw, originals.own().size)
        except BaseException:
            # Nothing was sealed for it. Where the caller was cancelled, the bytes may be here all the same.
            await originals.settle(self._whose)
            raise
        self.kept = True

    async def put_back(self, records: Sequence[Fingerprint]) -> None:
        """These records of the document were in the log before. If one of them names the bytes, and those
        were lost or damaged since, they are kept again. Raises as `keep`.
        """
        originals = self._originals
        for start in range(0, len(records), SLICE):
            found = await originals.log.entries(records[start : start + SLICE])
            if any(originals.may_name(entry, self._whose) for entry in found.values()):
                if not await self._is_whole():
                    originals.room(len(self._raw))
                    await originals.blobs.keep(*self._whose, self._raw, None)
                await originals.blobs.settle(*self._whose)
                return

    async def _is_whole(self) -> bool:
        try:
            return await self._originals.blobs.find(*self._whose) is not None
        except Broken:
            return False


@dataclass(frozen=True, slots=True)
class Held:
    """Content that is kept here: whose, and its blocks."""

    whose: Whose
    blocks: Blocks


async def attached(
    knowledge: Knowledge, originals: Originals, reader: Reader, record: Fingerprint, name: Fingerprint | Cid
) -> Held:
    """An attachment that is kept here, by a record that names it, for who may read the record.

    Raises as `answer_record`; NOT_FOUND also where the record names no such attachment, and where it does and
    nothing is kept here for its party: only the node that took the bytes keeps them.
    """
    answer = await answer_record(knowledge, reader, record)
    named = {each.fingerprint for each in answer.record.header.attachments if _is_called(each, name)}
    if not named:
        raise Rejected("NOT_FOUND", "the record names no such attachment", path="/attachment")
    for whose in originals.kept_for(answer.log, answer.record):
        if whose[1] in named and (blocks := await originals.blobs.blocks(*whose)) is not None:
            return Held(whose, blocks)
    raise Rejected("NOT_FOUND", "this node does not keep the attachment", path="/attachment")


def _is_called(attachment: Attachment, name: Fingerprint | Cid) -> bool:
    if isinstance(name, Cid):
        return cid_of(attachment.fingerprint, attachment.blocks) == name
    return attachment.fingerprint == name


async def brought(originals: Originals, party: str, name: Fingerprint) -> Held:
    """Content that the party brought to this node, whether a record names it or not. Raises NOT_FOUND."""
    whose = owner(originals.own().log, party), name
    if (blocks := await originals.blobs.blocks(*whose)) is None:
        raise Rejected("NOT_FOUND", "this node keeps no such attachment of your party", path="/attachment")
    return Held(whose, blocks)
