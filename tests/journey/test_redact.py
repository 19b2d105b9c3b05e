"""Redaction: bytes go, places and proofs stay, answers say that something is missing; at every holder."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.journey.bread import net
from tests.journey.network import EVERYONE, FARM, MILL, Network, Node, force, made, replicate, said
from tests.journey.scene import FARM_KEY, MILL_KEY, NETWORK, SALTS, codes, control
from tracehold.core.control import Enrol, Redact
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.core.evidence import decode_evidence, report
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Direction, GapReason
from tracehold.core.receipt import parse_receipt
from tracehold.core.record import Kind, event_header, sign
from tracehold.journey.delegate import Delegated
from tracehold.journey.erase import Eraser
from tracehold.journey.fsck import Found, check_log
from tracehold.journey.history import HistoryQuestion, answer_history
from tracehold.journey.intake import Statement
from tracehold.journey.ledger_view import LedgerView
from tracehold.journey.locate import answer_record
from tracehold.journey.masterdata import answer_masterdata
from tracehold.journey.ports import AnchorState
from tracehold.journey.receipts import Receipts
from tracehold.journey.trace import TraceQuestion, answer_trace
from tracehold.journey.upload import Outcome

__all__ = ["net"]

SECRET = made(["urn:x:grain"], ["urn:x:flour"], 10)
BAKE = made(["urn:x:flour"], ["urn:x:bread"], 20)
SIGNED = Statement(
    sign(event_header(FARM_KEY.public, FARM, NETWORK, 1_790_000_000, SALTS(16)), SECRET, FARM_KEY)
)


async def enrol(node: Node) -> None:
    """The keys of farm and mill."""
    own = node.sealer.own.identity
    for party, key in ((FARM, FARM_KEY), (MILL, MILL_KEY)):
        await node.upload(control(Enrol(party, key.public), key=own.key, party=own.operator))


@pytest.fixture
async def node(net: Network) -> Node:
    """A node with a chain of two events, all final."""
    made_ = await net.join()
    await enrol(made_)
    await made_.upload(SIGNED)
    await made_.say(BAKE)
    await made_.finish()
    return made_


async def place(node: Node) -> tuple[Fingerprint, int]:
    """Of the record that is to be redacted."""
    (outcome,) = await node.uploads.submit([SIGNED])
    return placed(outcome)


def placed(outcome: Outcome) -> tuple[Fingerprint, int]:
    """Where an upload stands."""
    assert outcome.fingerprint is not None
    assert outcome.index is not None
    return outcome.fingerprint, outcome.index


async def redaction(node: Node, key=FARM_KEY, party: str = FARM) -> Statement:
    """Its redaction, signed so."""
    return control(Redact(*await place(node)), key=key, party=party)


async def redact(node: Node, *others: Node) -> tuple[Fingerprint, int]:
    """Sealed, final, and carried out at the nodes."""
    where = await place(node)
    await node.upload(await redaction(node))
    await node.finish()
    await erased(node)
    for other in others:
        await replicate(node, other)
        await other.index()
        await erased(other)
    return where


async def erased(node: Node) -> int:
    """Carry out what is due; how many records were erased."""
    return await Eraser(node.store, node.graph).once()


async def whole(node: Node) -> Found:
    """Every entry verified; the proofs of anchors, which the network in memory goes without, put back."""
    for size, task in node.store._of(node.log).anchors.items():
        if task.state is AnchorState.FINAL and task.anchor is not None:
            proof = await node.ledger.proof(task.anchor)
            node.store._of(node.log).anchors[size] = replace(task, anchor=replace(task.anchor, proof=proof))
    return await check_log(node.store, node.log)


async def gaps(node: Node, item: str = "urn:x:bread") -> set[tuple[str, GapReason]]:
    """Of a trace."""
    answer = await answer_trace(node.knowledge, EVERYONE, TraceQuestion(item, Direction.UPSTREAM))
    return {(gap.item, gap.reason) for gap in answer.gaps}


async def refusal(call) -> str:
    """The code with which a question is refused."""
    with pytest.raises(Rejected) as refused:
        await call
    return refused.value.code


async def test_bytes_go_and_the_place_stays(node):
    """The tree and every receipt are as before; the log verifies from entry 0."""
    name, index = await place(node)
    before = await Receipts(node.store).receipt(name)
    size = node.sealer.own.size
    await redact(node)
    (entry,) = await node.store.read(node.log, index, index + 1)
    assert (entry.raw, entry.fingerprint) == (b"", name)
    assert await Receipts(node.store).receipt(name) == before
    found = await whole(node)
    assert (found.entries, found.erased) == (size + 1, 1)
    assert b"grain" not in repr(node.graph).encode().replace(b"urn:x:grain", b"")


async def test_answers_say_that_a_record_was_erased(node):
    """A trace stops there and says why; so does a history; the record itself is refused as redacted."""
    assert not any(reason is GapReason.ERASED for _, reason in await gaps(node))
    name, _ = await redact(node)
    assert ("urn:x:flour", GapReason.ERASED) in await gaps(node)
    history = await answer_history(node.knowledge, EVERYONE, HistoryQuestion("urn:x:flour"))
    assert (GapReason.ERASED, 1) in {(gap.reason, len(history.events)) for gap in history.gaps}
    assert await refusal(answer_record(node.knowledge, EVERYONE, name)) == "REDACTED"
    assert await refusal(Receipts(node.store).evidence(name)) == "REDACTED"


async def test_the_index_forgets_what_was_said(node):
    """Who, when, what was made of what: only which items are concerned is left."""
    name, _ = await redact(node)
    (left,) = [each for each in await node.graph.facts(["urn:x:flour"]) if each.fingerprint == name]
    assert (left.issuer, left.instant, left.inputs, left.outputs) == ("", 0, (), ())


async def test_the_same_bytes_are_refused_from_then_on(node):
    """Signed by the party, or delegated again."""
    (delegated,) = await node.say(SECRET)
    await redact(node)
    own = node.sealer.own.identity
    says = Redact(*placed(delegated))
    await node.upload(control(says, key=own.key, party=own.operator))
    await erased(node)
    outcomes = await node.uploads.submit([SIGNED, Delegated(FARM, SECRET)])
    assert codes(outcomes) == ["REDACTED", "REDACTED"]


async def test_evidence_that_others_have_stays_valid(node):
    """It was proved once, and is proved for ever; redaction is no revocation."""
    name, _ = await place(node)
    evidence = decode_evidence(await Receipts(node.store).evidence(name))
    await redact(node)
    view = await LedgerView(node.ledger).of(parse_receipt(evidence.receipt).anchor)
    assert report(evidence, None, view, 0).error is None


async def test_holders_erase_what_they_keep(net, node):
    """By the redaction in the log that they follow: nobody asks them."""
    holder = await net.join()
    await replicate(node, holder)
    await holder.index()
    _, index = await redact(node, holder)
    (entry,) = await holder.store.read(node.log, index, index + 1)
    assert entry.erased
    del net.peers[node.number]
    assert ("urn:x:flour", GapReason.ERASED) in await gaps(holder)


async def test_a_copy_that_somebody_still_has_does_not_come_back(net, node):
    """A holder that is behind hands it over; who knows that it was redacted does not show it."""
    holder = await net.join()
    await replicate(node, holder)
    await holder.index()
    await redact(node)
    assert ("urn:x:flour", GapReason.ERASED) in await gaps(node)
    answer = await answer_trace(node.knowledge, EVERYONE, TraceQuestion("urn:x:bread", Direction.UPSTREAM))
    assert [item.item for item in answer.items] == ["urn:x:flour"]


async def test_master_data_is_redacted_too(node):
    """The versions that stay are shown, and that one is missing."""
    (first,) = await node.say(said("urn:x:mill", "Mill"), kind=Kind.MASTERDATA)
    await node.say(said("urn:x:mill", "New Mill"), kind=Kind.MASTERDATA)
    await node.finish()
    own = node.sealer.own.identity
    says = Redact(*placed(first))
    await node.upload(control(says, key=own.key, party=own.operator))
    await node.finish()
    await erased(node)
    answer = await answer_masterdata(node.knowledge, EVERYONE, "urn:x:mill")
    assert [b"New Mill" in version.payload for version in answer.versions] == [True]
    assert GapReason.ERASED in {gap.reason for gap in answer.gaps}


async def test_what_is_erased_and_was_not_redacted_is_damage(node):
    """An own log whose bytes went without a word."""
    _, index = await place(node)
    await node.store.erase(node.log, index)
    with pytest.raises(Broken, match="no redaction names it"):
        await whole(node)


# -- who may not


async def test_security_redaction_by_a_stranger(node):
    """Another party, enrolled or not, is refused at upload; nothing is erased."""
    refused: list[Outcome] = []
    for key, party in ((MILL_KEY, MILL), (MILL_KEY, FARM)):
        refused += await node.uploads.submit([await redaction(node, key, party)])
    assert codes(refused) == ["BAD_CONTROL", "KEY_NOT_ENROLLED"]
    assert await erased(node) == 0


async def test_security_a_strangers_redaction_in_a_log_erases_nothing(net, node):
    """A creator that seals it all the same shows everybody what it is: its holders erase nothing."""
    holder = await net.join()
    false = await redaction(node, MILL_KEY, MILL)
    await force(node, false.raw)
    await replicate(node, holder)
    await holder.index()
    assert [await erased(each) for each in (node, holder)] == [0, 0]
    assert not (await holder.store.read(node.log, *[(await place(node))[1] + at for at in (0, 1)]))[0].erased


@pytest.mark.parametrize(
    ("says", "code"),
    [
        (lambda name, index: Redact(name, 0), "BAD_CONTROL"),
        (lambda name, index: Redact(Fingerprint(bytes(32)), index), "BAD_CONTROL"),
        (lambda name, index: Redact(name, 900), "BAD_CONTROL"),
    ],
    ids=["the header", "another record", "an entry to come"],
)
async def test_a_redaction_of_something_else_is_refused(node, says: Callable[..., Redact], code):
    """It names one record at one place."""
    wrong = control(says(*await place(node)), key=FARM_KEY, party=FARM)
    assert codes(await node.uploads.submit([wrong])) == [code]


async def test_a_redaction_is_refused_when_it_was_done_already(node):
    """And the first one sent again gets its first answer."""
    first = await redaction(node)
    second = await redaction(node)
    (sealed,) = await node.upload(first)
    await erased(node)
    (again,) = await node.uploads.submit([first])
    assert again.index == sealed.index
    assert codes(await node.uploads.submit([second])) == ["REDACTED"]


# -- crashes


@pytest.mark.parametrize("written", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("what", ["erase", "graph"])
async def test_a_crash_between_is_repeated_harmlessly(node, monkeypatch, what, written):
    """Of store or index, the write done or not: the next pass does the rest."""
    await node.upload(await redaction(node))
    await node.finish()
    target = type(node.store) if what == "erase" else type(node.graph)
    real = target.erase

    async def dies(*arguments):
        if written:
            await real(*arguments)
        raise Unavailable("STORE_BUSY", "injected")

    with monkeypatch.context() as patch:
        patch.setattr(target, "erase", dies)
        with pytest.raises(Unavailable):
            await erased(node)
    await erased(node)
    (entry,) = await node.store.read(node.log, 4, 5)
    assert entry.erased
    assert [each.instant for each in await node.graph.facts(["urn:x:grain"])] == [0]
    assert await erased(node) == 0
    await whole(node)


async def test_an_index_that_is_behind_forgets_when_it_has_come_so_far(node):
    """It may have read the bytes before they went."""
    await node.upload(await redaction(node))
    await node.graph.clear()
    eraser = Eraser(node.store, node.graph)
    assert await eraser.once() == 1
    await node.index()
    assert await eraser.once() == 0
    assert [each.instant for each in await node.graph.facts(["urn:x:grain"])] == []
