"""One question on its way: a walk of the rules, fed with what the graph and other
nodes point to and admission lets in.

The graph only points to records. Every fact that reaches the rules is read from the record's own bytes, after
these were hashed, found readable for the asker and proved at their place.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

from tracehold.core.access import Reader
from tracehold.core.errors import Rejected
from tracehold.core.gs1 import scanned
from tracehold.core.gs1.link import on_foreign_domain
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Fact, Gap, Walk, Wanted, disputes, found_under, spoken_for
from tracehold.journey.admission import SLICE, Admission, Admitted
from tracehold.journey.answers import (
    CLAIMED,
    DISPUTED,
    SUPERSEDES,
    Coverage,
    Statement,
    Timings,
    statement,
)
from tracehold.journey.covering import covered, not_searched
from tracehold.journey.cursor import Key, by_time
from tracehold.journey.elsewhere import Elsewhere
from tracehold.journey.hints import deciding, hinted
from tracehold.journey.index import event_fact
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.ports import Graph
from tracehold.journey.stock import Gathered
from tracehold.journey.superseded import Superseding, Supersession

Answer = TypeVar("Answer")
Look = Callable[[Wanted], Awaitable[Sequence[Fact]]]
"""Finds all facts that may enter about some names."""


class Inquiry:
    """What one request has looked up so far. Never shared between requests: it holds what its reader may
    read."""

    def __init__(
        self, knowledge: Knowledge, reader: Reader, *, full: bool = False, known_at: int | None = None
    ) -> None:
        """`full` as in `Admission`; what was not known by `known_at` (milliseconds) disputes nothing."""
        self._knowledge = knowledge
        self.admission = Admission(knowledge, reader, full=full)
        self.elsewhere = Elsewhere(knowledge, self.admission)
        self._superseding = Superseding(knowledge, self.admission, self.elsewhere.hearing)
        self._superseded: dict[Fingerprint, Supersession] = {}
        self._known_at = known_at
        self._facts: dict[Fingerprint, Fact] = {}
        self._checked: dict[Fingerprint, Fact] = {}
        self._handed: dict[Fingerprint, Fact] = {}
        self._declared: dict[int, dict[Fingerprint, Fact]] = {}
        self._gaps: dict[Gap, None] = {}
        self._spent = {"graph": 0, "rules": 0, "verify": 0}

    async def drive(self, walk: Walk[Answer], look: Look | None = None) -> Answer:
        """The walk's answer; `look` finds its facts, by itself `self.look`. Raises `Unavailable` where graph
        or store do not answer.
        """
        look = look or self.look
        # Other nodes hand a record over once: a later walk knows what an earlier one was told.
        told: Sequence[Fact] = tuple(self._handed.values())
        while True:
            with self._timed("rules"):
                wanted = None if walk.done else walk.wanted()
            if wanted is None:
                return walk.result()
            facts = await look(wanted)
            with self._timed("rules"):
                walk.feed((*told, *facts))
            told = ()

    async def look(self, wanted: Wanted) -> Sequence[Fact]:
        """All facts that may enter. What may not is noted as a gap at those of the wanted names that it
        concerns."""
        if not wanted:
            await asyncio.sleep(0)
            return ()
        return self.enter(wanted, await self.gather(wanted))

    async def gather(self, names: Wanted) -> Gathered:
        """What the graph and other nodes have about these names, checked; nothing of it is told yet."""
        with self._timed("graph"):
            hints = await hinted(self._knowledge.graph, names)
        with self._timed("verify"):
            await self.admission.admit([hint.fingerprint for hint in hints])
            found = await self.elsewhere.records(names.names, names.transformations)
            more = await deciding(self._knowledge.graph, names, hints, found)
            await self.admission.admit([hint.fingerprint for hint in more])
            hints += more
            # Before anything is read: whose statement it is may follow from what another node told.
            await self.elsewhere.hearing.listen()
            facts = await self._read(hints)
            facts += [fact for each in found if (fact := self.elsewhere.fact(each)) is not None]
            await self.elsewhere.compare(facts)
            facts = await self._standing(facts)
            handed = {each.admitted.record.fingerprint for each in found}
            self._handed |= {fact.fingerprint: fact for fact in facts if fact.fingerprint in handed}
            self._checked |= {fact.fingerprint: fact for fact in facts}
        return Gathered(facts, hints, found)

    def enter(self, wanted: Wanted, gathered: Gathered) -> Sequence[Fact]:
        """What was gathered about names that a walk asks for now: from here on it counts, and what is missing
        of it is a gap.
        """
        for fact in gathered.facts:
            self._facts[fact.fingerprint] = fact
            if fact.declares_error and self._was_known(fact):
                self._declared.setdefault(fact.instant, {})[fact.fingerprint] = fact
        for hint in gathered.hints:
            refused = self.admission.refused.get(hint.fingerprint)
            if refused is not None:
                for item in sorted(found_under(hint) & wanted.names) or [""]:
                    self._gaps[Gap(item, refused.reason, refused.detail)] = None
        for each in gathered.found:
            self.elsewhere.kept_back(each, wanted.names)
        return gathered.facts

    async def _standing(self, facts: Sequence[Fact]) -> list[Fact]:
        admitted = [self.admission.admitted[fact.fingerprint] for fact in facts]
        withdrawn = await self.withdrawn(admitted)
        return [fact for fact in facts if fact.fingerprint not in withdrawn]

    async def withdrawn(self, records: Collection[Admitted]) -> Collection[Fingerprint]:
        """Those of the records that were superseded, by what was known by then: they say nothing any more, as
        after an error declaration of their speakers (docs/spec/supersede.md).
        """
        judged = await self._superseding.of(records)
        self._superseded.update(judged)
        return {name for name, said in judged.items() if said.by(self._known_at)}

    async def _read(self, hints: Sequence[Fact]) -> list[Fact]:
        facts: list[Fact] = []
        for start in range(0, len(hints), SLICE):
            read = [self._fact(hint) for hint in hints[start : start + SLICE]]
            facts += [fact for fact in read if fact is not None]
            await asyncio.sleep(0)
        return facts

    def _fact(self, hint: Fact) -> Fact | None:
        known = self._checked.get(hint.fingerprint)
        admitted = self.admission.admitted.get(hint.fingerprint)
        if known is not None or admitted is None:
            return known
        try:
            return event_fact(admitted.record, self.elsewhere.hearing.voice(admitted), hint.known_ms)
        except Rejected as refusal:
            self.admission.distrust(hint.fingerprint, f"it does not say what the index says ({refusal.code})")
            return None

    def fact(self, fingerprint: Fingerprint) -> Fact:
        """What a statement says that a walk of this inquiry named."""
        return self._facts[fingerprint]

    def key(self, event: Statement) -> Key:
        """Its place among statements of this inquiry that are in the order of time."""
        return by_time(self._facts[event.fingerprint])

    @property
    def replaced(self) -> Mapping[Fingerprint, Fingerprint]:
        """Records that were withdrawn by what was known by then, each with the one that took its place."""
        said = self._superseded.items()
        return {name: each.pointer.replacement for name, each in said if each.by(self._known_at)}

    def statement(
        self, fingerprint: Fingerprint, *, role: str = "", via: str = "", flags: tuple[str, ...] = ()
    ) -> Statement:
        """A statement of the answer; one that a walk of this inquiry named."""
        fact, admitted = self._facts[fingerprint], self.admission.admitted[fingerprint]
        if any(disputes(error, fact) for error in self._declared.get(fact.instant, {}).values()):
            flags = (*flags, DISPUTED)
        flags = (*flags, *self.read_on_chain(fingerprint))
        return statement(fact, admitted, role=role, via=via, flags=flags)

    @property
    def graph(self) -> Graph:
        """Where relations are looked up."""
        return self._knowledge.graph

    @property
    def facts(self) -> Mapping[Fingerprint, Fact]:
        """All that was fed to the rules so far."""
        return self._facts

    def read_on_chain(self, fingerprint: Fingerprint) -> tuple[str, ...]:
        """What the chain says of a record that was fed to the rules, as flags."""
        claimed = (CLAIMED,) if self._is_claimed(fingerprint) else ()
        before = self.admission.admitted[fingerprint].record.header.supersedes
        return (*claimed, SUPERSEDES) if self._replaces(before, fingerprint) else claimed

    def _is_claimed(self, name: Fingerprint) -> bool:
        said = self._superseded.get(name)
        if said is None or said.honoured:
            return False
        return self._known_at is None or said.pointer.time * 1000 <= self._known_at

    def _replaces(self, before: Fingerprint | None, name: Fingerprint) -> bool:
        """Whether the one before was withdrawn for the sake of this record."""
        said = self._superseded.get(before) if before else None
        return said is not None and said.by(self._known_at) and said.pointer.replacement == name

    def _was_known(self, fact: Fact) -> bool:
        return self._known_at is None or (fact.known_ms is not None and fact.known_ms <= self._known_at)

    async def gaps(self, found: Iterable[Gap]) -> tuple[Gap, ...]:
        """The walk's own gaps, those of looking things up, and what was not searched; by item."""
        kept_back = {*self._gaps, *self.elsewhere.gaps()}
        nobody = await not_searched(self._knowledge, self.elsewhere)
        every = {*spoken_for(found, kept_back), *kept_back, *nobody}
        return tuple(sorted(every, key=lambda gap: (gap.item, gap.reason, gap.detail)))

    async def coverage(self) -> tuple[Coverage, ...]:
        """What the answer rests on."""
        return await covered(self._knowledge, self.admission, self.elsewhere)

    def timings(self) -> Timings:
        """Where the time went so far."""
        return Timings(self._spent["graph"], self._spent["rules"], self._spent["verify"])

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        begun = self._knowledge.micros()
        try:
            yield
        finally:
            self._spent[stage] += self._knowledge.micros() - begun


def named(identifier: str, path: str = "/item") -> str:
    """The one name under which an identifier of a question is indexed.

    As events are read: a malformed GS1 key is a name like any other, for real data holds such. A wrong check
    digit is a slip, and `Rejected` at `path`, as scripts are.
    """
    try:
        return scanned(identifier)
    except Rejected as refusal:
        foreign = refusal.code == "BAD_CHECK_DIGIT" and on_foreign_domain(identifier)
        if refusal.code == "BAD_IDENTIFIER" or foreign:
            return identifier
        raise Rejected(refusal.code, refusal.message, path=path, remedy=refusal.remedy) from refusal
