"""Originals: documents that were converted, kept byte for byte as attachments of the records made of them.

The bytes are on disk before a record names them. Those of a document of which no record came are taken away
again, unless they were here before; a crash in between may leave them behind.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tracehold.core.access import Reader
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint
from tracehold.core.record import Attachment, fingerprint
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.locate import answer_record
from tracehold.journey.ports import Blobs


@dataclass(slots=True)
class Use:
    """One document in use, by so many captures. `sealed`: a record of one of them names it."""

    users: int = 0
    new: bool = False
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Originals:
    """Keeps originals. One per node: captures of one document at once share its bytes."""

    blobs: Blobs
    _uses: dict[Fingerprint, Use] = field(default_factory=dict)

    @asynccontextmanager
    async def kept(self, raw: bytes) -> AsyncIterator[Use]:
        """Within, the bytes are kept, durably. Whoever seals a record that names them says so by `sealed`.
        Raises `Broken`."""
        name = fingerprint(raw)
        use = self._uses.setdefault(name, Use())
        use.users += 1
        try:
            use.new |= await self.blobs.keep(raw)
            yield use
        finally:
            use.users -= 1
            if use.users == 0:
                del self._uses[name]
                # No await before this: a capture that comes now keeps the bytes anew, behind the erasing.
                if use.new and not use.sealed:
                    await self.blobs.erase(name)


def attachment(raw: bytes, media_type: str) -> Attachment:
    """How a record names these bytes."""
    return Attachment(fingerprint(raw), len(raw), media_type)


async def attached(
    knowledge: Knowledge, blobs: Blobs, reader: Reader, record: Fingerprint, name: Fingerprint
) -> bytes:
    """The bytes of an attachment, by a record that names it, for who may read the record.

    Raises as `answer_record`; NOT_FOUND also where the record names no such attachment, and where it does and
    this node has not its bytes: only the node that took them keeps them.
    """
    answer = await answer_record(knowledge, reader, record)
    if name not in {each.fingerprint for each in answer.record.header.attachments}:
        raise Rejected("NOT_FOUND", "the record names no such attachment", path="/attachment")
    raw = await blobs.find(name)
    if raw is None:
        raise Rejected("NOT_FOUND", "this node does not keep the attachment", path="/attachment")
    return raw
