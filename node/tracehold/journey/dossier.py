"""Dossier: an answer with all that it was derived from, as one file (docs/spec/dossier.md).

The answer is derived as every answer is, and told in the words that whoever checks the file will find. Then
the proofs, group by group: no more of them is in memory than goes out next.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from tracehold.core.access import Reader
from tracehold.core.anchor import Anchor
from tracehold.core.dossier import (
    LEAST,
    Group,
    Heard,
    Packing,
    Place,
    Question,
    Said,
    answer_json,
    answered,
    apart,
    encode_answer,
    encode_group,
    group_name,
)
from tracehold.core.dossier.file import ANSWER, MAX_RECORDS, WORD
from tracehold.core.dossier.moving import telling
from tracehold.core.dossier.word import Word, encode_word
from tracehold.core.errors import Broken, Rejected
from tracehold.core.evidence import Evidence
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import Fact
from tracehold.core.receipt import encode_receipt, parse_receipt
from tracehold.core.record import parse
from tracehold.core.spans import Spans, joined
from tracehold.journey.expand import moves, searched
from tracehold.journey.fetch import good_copy
from tracehold.journey.inquiry import Inquiry, named
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.known_then import known_then
from tracehold.journey.ledger_view import ledger_of
from tracehold.journey.ports import Position
from tracehold.journey.receipts import Receipts, Vouching
from tracehold.journey.several import names

GROUP_RECORDS, GROUP_BYTES = 256, 1 << 20
"""After so many records, or bytes of records and receipts, a group is full. A record alone may have 1 MiB."""

SUSPECT = "SUSPECT"
"""Flag of a record whose signer a later revocation doubts."""

Vouch = Callable[[bytes], Awaitable[Word | None]]
"""The node's own word for an `answer.json`, where it can give one."""


async def unsigned(_: bytes, /) -> None:
    """Nobody's word."""


async def dossier(
    knowledge: Knowledge, reader: Reader, question: Question, vouch: Vouch = unsigned
) -> AsyncGenerator[bytes, None]:
    """The file, part by part, with the word that `vouch` gives. Items may be asked in any spelling.

    Raises `Rejected` (the item is no identifier; TOO_MANY_RECORDS where the answer rests on more than a file
    holds; REDACTED where a record goes while it is written), `Unavailable`, and `Rejected("PROOF_INVALID")`
    where nobody has a sound copy of a record any more.
    """
    question = _named(question)
    inquiry = Inquiry(knowledge, reader, known_at=question.known_at)
    result = await inquiry.drive(question.walk())
    known = await known_then(knowledge, inquiry, question.known_at)
    gaps = {*await inquiry.gaps(result.gaps), *known.gaps} - set(result.gaps)
    facts = dict(known.facts)
    if known.moved:
        result, used = answered(question, facts.values())
        facts = {name: facts[name] for name in used}
    admitted = inquiry.admission.admitted
    heard = Heard(
        facts,
        {name: admitted[name].speaker for name in facts},
        {name: admitted[name].record.payload for name in facts},
    )
    said = Said(tuple(gaps), await _searched(knowledge, inquiry), _flags(inquiry, facts))
    places = await _places(knowledge, inquiry, facts)
    if len(places) > MAX_RECORDS:
        raise _too_much(f"the answer rests on {len(places)} records; a file holds {MAX_RECORDS}")
    packing = Packing()
    answer = encode_answer(question, answer_json(question, result, heard, gaps), places, said)
    word = await vouch(answer)
    yield _next(packing, ANSWER, answer)
    number = 0
    async with aclosing(_grouped(_Proofs(knowledge, reader, inquiry), places)) as groups:
        async for group in groups:
            yield _next(packing, group_name(number), encode_group(group))
            number += 1
    if word is not None:
        yield _next(packing, WORD, encode_word(word))
    yield packing.end()


def _named(question: Question) -> Question:
    """The question with what it is about in canonical spelling."""
    if question.kind not in LEAST:
        return replace(question, item=named(question.item))
    items = names(question.items, question.max_items)
    if len(items) < LEAST[question.kind]:
        least = f"at least {LEAST[question.kind]} different items are required"
        raise Rejected("BAD_REQUEST", least, path="/items")
    return replace(question, items=items)


def _next(packing: Packing, name: str, content: bytes) -> bytes:
    try:
        return packing.add(name, content)
    except Rejected as full:
        raise _too_much(full.message) from full


def _too_much(message: str) -> Rejected:
    remedy = "Ask for less: a smaller depth, or a lot instead of a product."
    return Rejected("TOO_MANY_RECORDS", message, remedy=remedy)


async def _searched(knowledge: Knowledge, inquiry: Inquiry) -> Mapping[LogId, Spans]:
    own, others = await searched(knowledge.log, knowledge.graph), inquiry.elsewhere.searched()
    return {log: joined((*own.get(log, ()), *others.get(log, ()))) for log in own.keys() | others.keys()}


def _flags(inquiry: Inquiry, facts: Mapping[Fingerprint, Fact]) -> Mapping[Fingerprint, tuple[str, ...]]:
    found: dict[Fingerprint, tuple[str, ...]] = {}
    for name in facts:
        doubted = (SUSPECT,) if inquiry.admission.admitted[name].speaker.suspect else ()
        if flags := (*inquiry.read_on_chain(name), *doubted):
            found[name] = flags
    return found


async def _places(
    knowledge: Knowledge, inquiry: Inquiry, facts: Mapping[Fingerprint, Fact]
) -> dict[Fingerprint, Place]:
    """Where the records stand, those with them that tell whose voice is whose (`core.voices`)."""
    admitted, elsewhere = inquiry.admission.admitted, inquiry.elsewhere
    places = {name: Place(admitted[name].log, admitted[name].index) for name in facts}
    told = await moves(knowledge.log, list(facts), knowledge.speakers)
    kept = await knowledge.log.entries(told)
    found = {**elsewhere.controls, **await knowledge.log.find(kept)}
    # Others hand over what tells of all that they found, read or not.
    controls = {
        name: parse(kept[name].raw if name in kept else elsewhere.evidence[name].record) for name in found
    }
    needed = telling(controls, {admitted[name].speaker.party for name in facts})
    return places | {name: Place(found[name].log, found[name].index) for name in needed}


@dataclass(slots=True)
class _Proofs:
    """The evidence of one request's records."""

    knowledge: Knowledge
    reader: Reader
    inquiry: Inquiry
    vouching: Vouching = field(default_factory=Vouching)
    anchors: dict[Anchor, Anchor | None] = field(default_factory=dict)

    async def of(self, name: Fingerprint, place: Place) -> Evidence:
        """From what is kept here, else from elsewhere, at the place where it was found."""
        try:
            at = Position(place.log, place.index)
            return await Receipts(self.knowledge.log).proof(name, self.vouching, at=at)
        except Rejected as refused:
            if refused.code != "NOT_FOUND":
                raise  # redacted since it was read: nobody is asked for what is to be gone
        except Broken as broken:
            if broken.code != "CORRUPT":
                raise
        return await self._from_others(name)

    async def _from_others(self, name: Fingerprint) -> Evidence:
        handed = self.inquiry.elsewhere.evidence.get(name)
        if handed is None:
            failed = Rejected("PROOF_INVALID", f"nobody has a sound copy of record {name.hex()} any more")
            handed = (await good_copy(self.knowledge, self.reader, name, failed)).evidence
        anchor, bare = apart(handed.receipt)
        if anchor is None:
            return handed
        if anchor not in self.anchors:
            self.anchors[anchor] = await self._final(anchor)
        whole = replace(parse_receipt(bare), anchor=self.anchors[anchor])
        return replace(handed, receipt=encode_receipt(whole))

    async def _final(self, anchor: Anchor) -> Anchor | None:
        """The anchor as this node's ledger has it, with its proof; None where it is not final."""
        if self.knowledge.ledger is None:
            return None
        ledger = await ledger_of(self.knowledge.ledger, self.knowledge.earlier, anchor)
        found = await ledger.find_anchor(anchor.node, anchor.size)
        if found is None or not await ledger.is_final(found):
            return None
        return replace(found, proof=await ledger.proof(found))


@dataclass(slots=True)
class _Open:
    """A group that is being filled."""

    records: list[tuple[bytes, bytes]] = field(default_factory=list)
    size: int = 0

    def add(self, raw: bytes, receipt: bytes) -> None:
        self.records.append((raw, receipt))
        self.size += len(raw) + len(receipt)

    @property
    def full(self) -> bool:
        return len(self.records) >= GROUP_RECORDS or self.size >= GROUP_BYTES


_Shared = tuple[Anchor | None, bytes, tuple[tuple[bytes, bytes], ...]]
"""What the records of a group share: anchor, signed checkpoint, control records."""


async def _grouped(proofs: _Proofs, places: Mapping[Fingerprint, Place]) -> AsyncGenerator[Group, None]:
    """The records by log and index, those together that share a checkpoint and who signs. Other checkpoints
    do not come back in this order, so what is open ends with its own.
    """
    open_groups: dict[_Shared, _Open] = {}
    under: bytes | None = None
    for name, place in sorted(places.items(), key=lambda entry: (entry[1].log, entry[1].index)):
        evidence = await proofs.of(name, place)
        anchor, bare = apart(evidence.receipt)
        checkpoint = parse_receipt(bare).protected
        if checkpoint != under:
            for shared, filled in open_groups.items():
                yield _group(shared, filled)
            open_groups, under = {}, checkpoint
        key = (anchor, checkpoint, evidence.controls)
        filled = open_groups.setdefault(key, _Open())
        filled.add(evidence.record, bare)
        if filled.full:
            yield _group(key, open_groups.pop(key))
    for shared, filled in open_groups.items():
        yield _group(shared, filled)


def _group(shared: _Shared, filled: _Open) -> Group:
    anchor, _, controls = shared
    return Group(anchor, controls, tuple(filled.records))
