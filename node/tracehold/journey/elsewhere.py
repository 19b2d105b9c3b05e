"""What other nodes know: asked with every frontier, and believed in nothing.

A peer hands over records with their evidence. Each is verified here, on this node's own ledger, before it is
read: its bytes, its signer by position, its place in a member's log, its anchor. So a peer can neither invent
a record nor move one. It can leave records out, or say that it searched what it did not: where anybody else
shows such a record it is found out, and its word about that log counts no more.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.evidence import Evidence
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import Fact, Gap, GapReason
from tracehold.core.record import CONTROL_KINDS, fingerprint
from tracehold.core.spans import Spans
from tracehold.journey.admission import UNREADABLE, Admission, Admitted
from tracehold.journey.claims import Claims
from tracehold.journey.differences import Answered, Shown, fault_of, left_out
from tracehold.journey.hearing import Hearing
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.ledger_view import LedgerView
from tracehold.journey.locating import EVERYBODY, Whom
from tracehold.journey.ports import Expansion, Found, Peer, Position
from tracehold.journey.proving import Budget, Proved, Prover

PARTLY = "the directory may not have named all holders"

NO_LEDGER = "what other nodes hand over cannot be checked without the ledger"


_NOTHING = Answered({}, frozenset())


@dataclass(slots=True)
class _Source:
    """A peer, as one request came to know it. Once `silent`, it is asked no more."""

    peer: Peer
    silent: bool = False
    budget: Budget = field(default_factory=Budget)
    answered: Answered = _NOTHING
    """To the question of just now."""


class Elsewhere:
    """The other nodes, as one request sees them."""

    def __init__(self, knowledge: Knowledge, admission: Admission) -> None:
        self._knowledge = knowledge
        self._admission = admission
        self._prover: Prover | None = None
        if knowledge.ledger:
            view = LedgerView(knowledge.ledger, knowledge.followed, knowledge.earlier)
            self._prover = Prover(view, knowledge.run)
        self._sources: dict[int, _Source] = {}
        self._claims = Claims()
        self._gaps: dict[Gap, None] = {}
        self._false: dict[Gap, set[Position]] = {}
        self._named: set[Whom] = set()
        self.handed: dict[Fingerprint, set[int]] = {}
        """Numbers of the nodes that handed over a record, by its fingerprint."""
        self.evidence: dict[Fingerprint, Evidence] = {}
        """With which a record was handed over and verified; the proof of its anchor is not in it."""
        self.controls: dict[Fingerprint, Position] = {}
        """Control records that were handed over and verified: they tell whose voice is whose."""
        self.hearing = Hearing(knowledge.speakers)

    async def records(self, items: Collection[str], transformations: Collection[str] = ()) -> list[Proved]:
        """Verified records about these that peers hand over and that are not admitted yet, readable for the
        asker or not. Control records among them are heard, and not in the answer.
        """
        if self._knowledge.peers is None:
            return []
        # No key leads to a transformation: who asks for one asks all.
        whom = EVERYBODY if transformations else await self._knowledge.whom(items)
        self._named.add(whom)
        peers = await self._knowledge.peers.holders(items, whom.logs)
        for known in self._sources.values():
            known.answered = _NOTHING  # who is not asked this time answers for nothing
        sources = [self._sources.setdefault(peer.node, _Source(peer)) for peer in peers]
        asked = [source for source in sources if not source.silent]
        answers = await asyncio.gather(*(self._ask(source, items, transformations) for source in asked))
        fresh: dict[Fingerprint, Proved] = {}
        for source, answer in zip(asked, answers, strict=True):
            for proved in await self._proved(source, answer.records):
                name = proved.admitted.record.fingerprint
                if _concerns(proved, items, transformations):
                    self.handed.setdefault(name, set()).add(source.peer.node)
                    if name not in self._admission.admitted and not self._admission.erased(name):
                        fresh[name] = proved
        self._claims.add({source.peer.node: source.answered.searched for source in asked})
        return list(fresh.values())

    def fact(self, proved: Proved) -> Fact | None:
        """What an event says, now that it is known whose voice it is; None for other kinds, and where the
        asker may not read it.
        """
        if proved.fact is None or not self._admission.readable(proved.admitted.record):
            return None
        self._admission.let_in(proved.admitted)
        return replace(proved.fact, issuer=self.hearing.voice(proved.admitted))

    def kept_back(self, proved: Proved, items: frozenset[str]) -> None:
        """Note a gap at those of the items that an event names which the asker may not read."""
        if proved.fact is not None and not self._admission.readable(proved.admitted.record):
            for item in sorted(proved.names & items) or [""]:
                self._gap(GapReason.ACCESS_REFUSED, UNREADABLE, item)

    async def compare(self, facts: Collection[Fact]) -> None:
        """Hold what was found for the question of just now, here and elsewhere, against what each peer
        answered. One that left out what it says it searched is reported, and its word about that log counts
        no more.
        """
        standing = [self._admission.admitted[fact.fingerprint] for fact in facts]
        shown = [Shown(Position(each.log, each.index), each.record.fingerprint) for each in standing]
        for source in self._sources.values():
            for log, some in left_out(source.answered, shown).items():
                if not source.silent and not self._claims.distrusted(source.peer.node, log):
                    await self._look_into(source, log, some)

    def searched(self) -> Mapping[LogId, Spans]:
        """What other nodes say they searched, by log."""
        return self._claims.searched()

    @property
    def hinted(self) -> bool:
        """Whether the directory named those who were asked, for one of the questions at least."""
        return any(whom.logs is not None for whom in self._named)

    def gaps(self) -> Sequence[Gap]:
        """What other nodes could not answer, or answered wrongly. A false copy is no gap where a good one
        of the entry was found.
        """
        proved = self._prover.proved.values() if self._prover else ()
        standing = [*self._admission.admitted.values(), *(each.admitted for each in proved)]
        good = {Position(each.log, each.index) for each in standing}
        false = [gap for gap, places in self._false.items() if places - good]
        partly = any(not whom.whole for whom in self._named)
        return [*self._gaps, *false, *([Gap("", GapReason.HINTED, PARTLY)] if partly else [])]

    async def _ask(
        self, source: _Source, items: Collection[str], transformations: Collection[str]
    ) -> Expansion:
        try:
            answer = await source.peer.expand(items, (), transformations)
        except Unavailable:
            self._gone(source)
            answer = Expansion((), {})
        names = frozenset(fingerprint(found.raw) for found in answer.records)
        source.answered = Answered(answer.coverage, names)
        return answer

    async def _proved(self, source: _Source, found: Sequence[Found]) -> Sequence[Proved]:
        """Those of the records that hold and are no control records."""
        if self._prover is None:
            if found:
                self._gap(GapReason.NOT_COVERED, NO_LEDGER)
            return ()
        try:
            for each, outcome in await self._prover.prove(found, source.budget):
                if isinstance(outcome, Proved):
                    # Only what came with it was verified with it.
                    self.hearing.hear(outcome.admitted, each.evidence)
                    self._keep(outcome.admitted, each.evidence)
                else:
                    self._refuse(source, each, outcome)
        except Unavailable:
            self._gap(GapReason.NOT_COVERED, NO_LEDGER)
        if source.budget.spent:
            self._exhausted(source)
        proved = (self._prover.proved.get(fingerprint(each.raw)) for each in found)
        return [each for each in proved if each and each.admitted.record.header.kind not in CONTROL_KINDS]

    def _keep(self, admitted: Admitted, evidence: Evidence) -> None:
        record = admitted.record
        self.evidence.setdefault(record.fingerprint, evidence)
        if record.header.kind in CONTROL_KINDS:
            self.controls.setdefault(record.fingerprint, Position(admitted.log, admitted.index))

    def _refuse(self, source: _Source, found: Found, refusal: Rejected) -> None:
        node = source.peer.node
        self._knowledge.fault(f"node {node} handed over a record that is false ({refusal.code})")
        gap = Gap("", GapReason.PROOF_FAILED, f"node {node} handed over a record that is false")
        self._false.setdefault(gap, set()).add(Position(found.log, found.index))

    async def _look_into(self, source: _Source, log: LogId, left: Sequence[Shown]) -> None:
        for each in left:
            try:
                fault = await fault_of(source.peer, each)
            except Unavailable:
                self._gone(source)
                return
            if fault:
                self._knowledge.fault(fault)
                self._claims.distrust(source.peer.node, log)
                return

    def _gone(self, source: _Source) -> None:
        source.silent = True
        self._gap(GapReason.HOLDER_DOWN, f"node {source.peer.node} does not answer")

    def _exhausted(self, source: _Source) -> None:
        """Nothing more of this peer is checked, and so it is not asked; what it searched does not count."""
        node = source.peer.node
        source.silent = True
        self._claims.distrust(node)
        if source.budget.false <= 0:
            self._gap(GapReason.PROOF_FAILED, f"node {node} handed over too many records that are false")
        else:
            self._gap(GapReason.NOT_COVERED, f"node {node} handed over more than is checked for one question")

    def _gap(self, reason: GapReason, detail: str, item: str = "") -> None:
        self._gaps[Gap(item, reason, detail)] = None


def _concerns(proved: Proved, items: Collection[str], transformations: Collection[str]) -> bool:
    run = proved.fact.transformation_id if proved.fact else None
    return not proved.names.isdisjoint(items) or run in transformations
