"""What other nodes know: asked with every frontier, and believed in nothing.

A peer hands over records with their evidence. Each is verified here, on this node's own ledger, before it is
read: its bytes, its signer by position, its place in a member's log, its anchor. So a peer can leave records
out, which shows as missing coverage or not at all, but it can neither invent one nor move one.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.evidence import report
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import Fact, Gap, GapReason, Wanted, touched
from tracehold.core.receipt import encode_receipt, parse_receipt
from tracehold.core.record import CONTROL_KINDS, Kind, fingerprint, parse
from tracehold.journey.admission import UNREADABLE, Admission, Admitted
from tracehold.journey.answers import Coverage
from tracehold.journey.hearing import Hearing
from tracehold.journey.index import event_fact
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.ledger_view import LedgerView
from tracehold.journey.ports import Expansion, Found, Peer
from tracehold.journey.states import State

NO_LEDGER = "what other nodes hand over cannot be checked without the ledger"


@dataclass(frozen=True, slots=True)
class Proved:
    """A record that a peer handed over and that was verified here, and when it was known."""

    admitted: Admitted
    known_ms: int


class Elsewhere:
    """The other nodes, as one request sees them."""

    def __init__(self, knowledge: Knowledge, admission: Admission) -> None:
        self._knowledge = knowledge
        self._admission = admission
        self._ledger = LedgerView(knowledge.ledger) if knowledge.ledger else None
        self._checked: dict[Fingerprint, Proved | None] = {}
        self._down: set[int] = set()
        self._coverage: dict[LogId, int] = {}
        self.handed: dict[Fingerprint, set[int]] = {}
        """Numbers of the nodes that handed over a record, by its fingerprint."""
        self.hearing = Hearing(knowledge.speakers)
        self.gaps: dict[Gap, None] = {}
        """What other nodes could not answer, or answered wrongly."""

    def fact(self, proved: Proved, wanted: Wanted) -> Fact | None:
        """What the record says about what is wanted; None where it says nothing, or the asker may not read
        it, which is a gap.
        """
        admitted = proved.admitted
        if admitted.record.header.kind != Kind.EVENT:
            return None
        try:
            fact = event_fact(admitted.record, self.hearing.voice(admitted), proved.known_ms)
        except Rejected:
            return None  # sealed, and odd: shown as disputed by its holder, of no meaning to rules
        concerned = touched(fact) & wanted.items
        if not self._admission.readable(admitted.record):
            for item in sorted(concerned) or [""]:
                self._gap(GapReason.ACCESS_REFUSED, UNREADABLE, item)
            return None
        if not concerned and fact.transformation_id not in wanted.transformations:
            return None
        self._admission.let_in(admitted)
        return fact

    async def records(self, items: Collection[str], transformations: Collection[str] = ()) -> list[Proved]:
        """Verified records that peers hand over and that are not admitted yet, readable for the asker or
        not. Control records among them are heard, and not in the answer.
        """
        if self._knowledge.peers is None:
            return []
        peers = [p for p in await self._knowledge.peers.holders(items) if p.node not in self._down]
        answers = await asyncio.gather(*(self._ask(peer, items, transformations) for peer in peers))
        fresh: dict[Fingerprint, Proved] = {}
        for peer, answer in zip(peers, answers, strict=True):
            for found in answer.records:
                name = fingerprint(found.raw)
                proved = await self._prove(peer, name, found)
                if proved is not None and proved.admitted.record.header.kind not in CONTROL_KINDS:
                    self.handed.setdefault(name, set()).add(peer.node)
                    if name not in self._admission.admitted:
                        fresh[name] = proved
        return list(fresh.values())

    def covered(self, own: Collection[LogId]) -> Sequence[Coverage]:
        """Logs that only other nodes searched. What they say of it is their word."""
        return [Coverage(log, upto, upto, upto) for log, upto in self._coverage.items() if log not in own]

    async def unsearched(self, own: Mapping[LogId, int]) -> Sequence[Gap]:
        """Anchored ends of members' logs that nobody searched:
        neither this node, `own`, nor one that answered.
        """
        if self._knowledge.horizon is None:
            return []
        ends = await self._knowledge.horizon.ends()
        if ends is None:
            return [Gap("", GapReason.NOT_COVERED, "without the ledger it is not known which logs there are")]
        return [
            Gap(
                "", GapReason.NOT_COVERED, f"log {log.hex()} was searched to {upto} of {end} anchored entries"
            )
            for log, end in ends.items()
            if end > (upto := max(own.get(log, 0), self._coverage.get(log, 0)))
        ]

    async def _ask(self, peer: Peer, items: Collection[str], transformations: Collection[str]) -> Expansion:
        try:
            answer = await peer.expand(items, (), transformations)
        except Unavailable:
            self._down.add(peer.node)
            self._gap(GapReason.HOLDER_DOWN, f"node {peer.node} does not answer")
            return Expansion((), {})
        for log, upto in answer.coverage.items():
            self._coverage[log] = max(upto, self._coverage.get(log, 0))
        return answer

    async def _prove(self, peer: Peer, name: Fingerprint, found: Found) -> Proved | None:
        known = self._checked.get(name)
        if known is not None:
            return known
        if self._ledger is None:
            self._gap(GapReason.NOT_COVERED, NO_LEDGER)
            return None
        try:
            known = self._checked[name] = await proved(found, self._ledger)
            self.hearing.hear(known.admitted, found.evidence)
        except Unavailable:
            self._gap(GapReason.NOT_COVERED, NO_LEDGER)
        except Rejected as refusal:
            self._knowledge.fault(f"node {peer.node} handed over a record that is false ({refusal.code})")
            self._gap(GapReason.PROOF_FAILED, f"node {peer.node} handed over a record that is false")
        return known

    def _gap(self, reason: GapReason, detail: str, item: str = "") -> None:
        self.gaps[Gap(item, reason, detail)] = None


async def proved(found: Found, ledger: LedgerView) -> Proved:
    """The record, if its evidence holds on this ledger and it stands in a member's log where the peer says.

    Raises `Rejected` where anything does not hold, and `Unavailable("CHAIN_DOWN")`.
    """
    evidence = found.evidence
    receipt = parse_receipt(evidence.receipt)
    if receipt.anchor is not None and receipt.anchor.proof is not None:
        # The chain itself is asked, so that the proof for those who have none need not be gone through.
        receipt = replace(receipt, anchor=replace(receipt.anchor, proof=None))
        evidence = replace(evidence, receipt=encode_receipt(receipt))
    view = await ledger.of(receipt.anchor)
    result = report(evidence, None, view, 0)
    if result.error is not None and result.error.code != "NOT_ANCHORED":
        raise result.error
    record = parse(found.raw)
    if (result.log, result.index) != (found.log, found.index):
        raise Rejected("PROOF_INVALID", "the evidence is of another record or place")
    member = await ledger.member_of(found.log)
    if member is None or record.header.aud != view.network:
        raise Rejected("PROOF_INVALID", "the log belongs to no member of this network")
    if result.speaker is None:
        raise AssertionError("the steps before the anchor set the speaker")
    if result.speaker.operator != member.operator:
        # The header is the member's own word; whoever vouches is whom the contract enrolled (decision 0006).
        raise Rejected("PROOF_INVALID", "the log's header names another operator than the contract")
    sealed = State.SEALED if receipt.anchor is None else State.ANCHORED
    state = State.FINAL if result.error is None else sealed
    known_ms = receipt.time_ms if receipt.anchor is None else receipt.anchor.block_time * 1000
    return Proved(Admitted(record, found.log, found.index, result.speaker, state, True), known_ms)
