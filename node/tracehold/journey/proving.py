"""Verification of what peers hand over: each record once for one request, away from the event loop, and no
more of one peer than there is patience for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from tracehold.core.epcis import parse_masterdata
from tracehold.core.errors import Rejected
from tracehold.core.evidence import ChainView, Known, report
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Fact, found_under
from tracehold.core.receipt import Receipt, encode_receipt, parse_receipt
from tracehold.core.record import Kind, Record, fingerprint, parse
from tracehold.journey.admission import Admitted
from tracehold.journey.index import event_fact
from tracehold.journey.knowledge import Run
from tracehold.journey.ledger_view import LedgerView
from tracehold.journey.ports import Found, Member
from tracehold.journey.states import State

_T = TypeVar("_T")

SLICE = 50
"""Records that are verified at once: some twenty milliseconds of work."""


@dataclass(frozen=True, slots=True)
class Proved:
    """A record that a peer handed over and that was verified here, and when it was known. `fact` is what an
    event says, in nobody's voice yet; `names` are those by which the record is found. Both are empty for
    other kinds, and for what is sealed and odd: of no meaning to rules.
    """

    admitted: Admitted
    known_ms: int
    fact: Fact | None = None
    names: frozenset[str] = frozenset()


RECORDS = 20_000
"""Records of one peer that are verified for one request."""

BYTES = 128 << 20
"""Their bytes, receipts counted in."""

FALSE = 20
"""False records of one peer for one request after which it is not looked at: honest peers have none."""


@dataclass(slots=True)
class Budget:
    """What is still verified of one peer for one request."""

    records: int = field(default_factory=lambda: RECORDS)
    bytes: int = field(default_factory=lambda: BYTES)
    false: int = field(default_factory=lambda: FALSE)

    @property
    def spent(self) -> bool:
        """Whether nothing more is taken."""
        return min(self.records, self.bytes, self.false) <= 0

    def pay(self, found: Found, *, good: bool) -> None:
        """For the verification of a record. Control records come once an answer, and are part of what the
        records cost that need them.
        """
        self.records -= 1
        self.bytes -= len(found.raw) + len(found.evidence.receipt)
        self.false -= not good


@dataclass(frozen=True, slots=True)
class _Case:
    """A record, and what this node's ledger says of its log and anchor."""

    found: Found
    receipt: Receipt
    member: Member
    view: ChainView


class Prover:
    """Verifies for one request, on this node's own ledger."""

    def __init__(self, ledger: LedgerView, run: Run) -> None:
        self._ledger = ledger
        self._run = run
        self._known = Known()
        self.proved: dict[Fingerprint, Proved] = {}
        """The records that were verified so far, from whomever they came."""

    async def prove(
        self, found: Sequence[Found], budget: Budget
    ) -> Sequence[tuple[Found, Proved | Rejected]]:
        """Verify those that are not proved yet, as far as the budget goes: each with what became of it.

        Raises `Unavailable("CHAIN_DOWN")`.
        """
        checked: list[tuple[Found, Proved | Rejected]] = []
        for start in range(0, len(found), SLICE):
            if budget.spent:
                break
            fresh = [each for each in found[start : start + SLICE] if _name(each) not in self.proved]
            for each, outcome in zip(fresh, await self._outcomes(fresh), strict=True):
                budget.pay(each, good=isinstance(outcome, Proved))
                checked.append((each, outcome))
                if isinstance(outcome, Proved):
                    self.proved.setdefault(_name(each), outcome)
        return checked

    async def _outcomes(self, found: Sequence[Found]) -> Sequence[Proved | Rejected]:
        if not found:
            return ()
        receipts = await self._run(partial(_receipts, found))
        cases = [await self._case(each, receipt) for each, receipt in zip(found, receipts, strict=True)]
        return await self._run(partial(_verified, cases, self._known))

    async def _case(self, found: Found, receipt: Receipt | Rejected) -> _Case | Rejected:
        if isinstance(receipt, Rejected):
            return receipt
        member, anchor = await self._ledger.member_of(found.log), receipt.anchor
        # The chain is not asked for what no member can have said.
        if member is None or (anchor is not None and anchor.node != member.number):
            return _false("the log belongs to no member of this network")
        return _Case(found, receipt, member, await self._ledger.of(anchor))


def _receipts(found: Sequence[Found]) -> Sequence[Receipt | Rejected]:
    return [_outcome(partial(parse_receipt, each.evidence.receipt)) for each in found]


def _verified(cases: Sequence[_Case | Rejected], known: Known) -> Sequence[Proved | Rejected]:
    return [case if isinstance(case, Rejected) else _outcome(partial(_proved, case, known)) for case in cases]


def _outcome(work: Callable[[], _T]) -> _T | Rejected:
    try:
        return work()
    except Rejected as refusal:
        return refusal


def _proved(case: _Case, known: Known) -> Proved:
    """The record, if its evidence holds on this ledger and it stands in a member's log where the peer says.
    Raises `Rejected` where anything does not hold.
    """
    found, receipt, evidence = case.found, case.receipt, case.found.evidence
    if receipt.anchor is not None and receipt.anchor.proof is not None:
        # The chain itself is asked, so that the proof for those who have none need not be gone through.
        receipt = replace(receipt, anchor=replace(receipt.anchor, proof=None))
        evidence = replace(evidence, receipt=encode_receipt(receipt))
    result = report(evidence, None, case.view, 0, known)
    if result.error is not None and result.error.code != "NOT_ANCHORED":
        raise result.error
    record = parse(found.raw)
    if (result.log, result.index) != (found.log, found.index):
        raise _false("the evidence is of another record or place")
    if record.header.aud != case.view.network:
        raise _false("the record is of another network")
    if result.speaker is None:
        raise AssertionError("the steps before the anchor set the speaker")
    if result.speaker.operator != case.member.operator:
        # The header is the member's own word; whoever vouches is whom the contract enrolled (decision 0006).
        raise _false("the log's header names another operator than the contract")
    sealed = State.SEALED if receipt.anchor is None else State.ANCHORED
    state = State.FINAL if result.error is None else sealed
    known_ms = receipt.time_ms if receipt.anchor is None else receipt.anchor.block_time * 1000
    admitted = Admitted(record, found.log, found.index, result.speaker, state, True)
    return Proved(admitted, known_ms, *_said(record, known_ms))


def _said(record: Record, known_ms: int) -> tuple[Fact | None, frozenset[str]]:
    """What an event says, and by which items the record is found."""
    try:
        if record.header.kind == Kind.EVENT:
            fact = event_fact(record, "", known_ms)
            return fact, found_under(fact)
        if record.header.kind == Kind.MASTERDATA:
            return None, frozenset({parse_masterdata(record.payload).id.canonical})
    except Rejected:
        pass  # sealed, and odd: shown as disputed by its holder
    return None, frozenset()


def _name(found: Found) -> Fingerprint:
    return fingerprint(found.raw)


def _false(message: str) -> Rejected:
    return Rejected("PROOF_INVALID", message)
