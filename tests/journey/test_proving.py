"""Security: what peers hand over is verified once, away from the event loop, and no more of one peer than
there is patience for.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tests.journey.bread import WHOLE, names, net, pair, trace
from tests.journey.network import Node, begun, replicate
from tests.journey.test_differences import changed, of_log
from tracehold.core.evidence import report, vouchers
from tracehold.core.lineage import GapReason
from tracehold.core.receipt import parse_receipt
from tracehold.core.record import parse
from tracehold.journey import proving
from tracehold.journey.hearing import Hearing
from tracehold.journey.ledger_view import LedgerView
from tracehold.journey.ports import Expansion, Found
from tracehold.journey.proving import Budget, Proved, Prover

__all__ = ["net", "pair"]

MANY = 12


@pytest.fixture
async def found(pair: tuple[Node, Node]) -> list[Found]:
    """Many records of the second node, as it hands them over."""
    here, there = pair
    await there.say(*(begun("urn:x:salt", minute) for minute in range(MANY)))
    await there.finish()
    assert here.knowledge.peers is not None
    (peer,) = await here.knowledge.peers.holders(())
    return list((await peer.expand(["urn:x:salt"])).records)


def prover(node: Node, run: Any = None) -> Prover:
    """One request's, at this node."""
    return Prover(LedgerView(node.ledger), run or node.knowledge.run)


async def test_each_record_is_verified_once(pair, found):
    """However often it is handed over, and by whomever."""
    proving_ = prover(pair[0])
    first = await proving_.prove(found, Budget())
    assert [each for each, _ in first] == found
    assert all(isinstance(outcome, Proved) for _, outcome in first)
    assert await proving_.prove(found[::-1], Budget()) == []
    assert len(proving_.proved) == MANY


async def test_control_records_are_gone_through_once(pair, found, monkeypatch):
    """Though each record comes with them."""
    read: list[bytes] = []

    def noted(raw: bytes) -> object:
        read.append(raw)
        return parse(raw)

    monkeypatch.setattr(vouchers, "parse", noted)
    await prover(pair[0]).prove(found, Budget())
    assert read == [raw for raw, _ in found[0].evidence.controls]


async def test_the_work_is_done_where_strangers_may_be_slow(pair, found, monkeypatch):
    """Not a receipt is read and not a signature checked but by `run`; in slices."""
    monkeypatch.setattr(proving, "SLICE", 5)
    here, _ = pair
    work: list[Callable[[], Any]] = []
    inside = False

    async def run(each: Callable[[], Any]) -> Any:
        nonlocal inside
        work.append(each)
        inside = True
        try:
            return each()
        finally:
            inside = False

    def only_inside(checked: Callable[..., Any], *arguments: object) -> object:
        assert inside
        return checked(*arguments)

    monkeypatch.setattr(proving, "parse_receipt", partial(only_inside, parse_receipt))
    monkeypatch.setattr(proving, "report", partial(only_inside, report))
    checked = await prover(here, run).prove(found, Budget())
    assert len(checked) == MANY
    assert len(work) == 2 * 3


async def test_what_is_false_is_told_with_its_code(pair, found):
    """And the true ones beside it are proved."""
    false = changed(Expansion(found[:2], {})).records
    proving_ = prover(pair[0])
    outcomes = [outcome for _, outcome in await proving_.prove([*false, *found[2:]], Budget())]
    assert [getattr(outcome, "code", "") for outcome in outcomes[:3]] == ["PROOF_INVALID"] * 2 + [""]
    assert len(proving_.proved) == MANY - 2


@pytest.mark.parametrize(
    ("budget", "paid"), [(Budget(records=5), 5), (Budget(bytes=1), 5), (Budget(records=6), 10)]
)
async def test_security_a_budget_ends_the_verification(pair, found, monkeypatch, budget, paid):
    """After the slice in which it is spent; nothing more is verified, also when it is asked again."""
    monkeypatch.setattr(proving, "SLICE", 5)
    proving_ = prover(pair[0])
    assert len(await proving_.prove(found, budget)) == paid
    assert budget.spent
    assert await proving_.prove(found, budget) == []
    assert len(await proving_.prove(found, Budget())) == MANY - paid


# -- in an answer


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets what every peer gets."""

    def limit(**limits: int) -> None:
        for name, value in limits.items():
            monkeypatch.setattr(proving, name, value)

    return limit


async def test_security_a_flood_of_true_records_is_a_gap_by_name(pair, found, impatient):
    """More than is verified of one peer: the answer says who, does not ask again, and does not count what it
    says that it searched.
    """
    here, there = pair
    impatient(RECORDS=2)
    honest = there.peer.tell
    there.peer.tell = lambda answer: Expansion([*honest(answer).records, *found], answer.coverage)
    before = len(there.peer.asked)
    answer = await trace(here)
    assert (
        GapReason.NOT_COVERED,
        f"node {there.number} handed over more than is checked for one question",
    ) in [(gap.reason, gap.detail) for gap in answer.gaps]
    assert of_log(answer, there.log)
    assert len(there.peer.asked) == before + 1
    assert here.faults == []


async def test_security_a_flood_of_false_records_ends_the_patience_sooner(pair, found, impatient):
    """The peer is not asked again in this request; the next one begins anew."""
    here, there = pair
    impatient(FALSE=3)
    flood = [*changed(Expansion(found, {})).records]
    there.peer.tell = lambda answer: Expansion(flood, answer.coverage)
    before = len(there.peer.asked)
    answer = await trace(here)
    assert (
        GapReason.PROOF_FAILED,
        f"node {there.number} handed over too many records that are false",
    ) in [(gap.reason, gap.detail) for gap in answer.gaps]
    assert len(there.peer.asked) == before + 1
    there.peer.tell = lambda answer: answer
    assert names(await trace(here)) == WHOLE


async def test_security_only_control_records_that_were_verified_are_heard(net, pair, monkeypatch):
    """A second peer hands over the same records with control records that it made up: nobody listens."""
    here, there = pair
    third = await net.join()
    await replicate(there, third)
    await third.index()
    heard: list[tuple[bytes, bytes]] = []
    hear = Hearing.hear

    def noted(self: Hearing, admitted: Any, evidence: Any) -> None:
        heard.extend(evidence.controls)
        hear(self, admitted, evidence)

    monkeypatch.setattr(Hearing, "hear", noted)
    made_up = (b"made up", b"receipt")
    third.peer.tell = lambda answer: Expansion([_with(f, made_up) for f in answer.records], answer.coverage)
    assert names(await trace(here)) == WHOLE
    assert heard
    assert made_up not in heard


def _with(found: Found, control: tuple[bytes, bytes]) -> Found:
    controls = (*found.evidence.controls, control)
    return replace(found, evidence=replace(found.evidence, controls=controls))
