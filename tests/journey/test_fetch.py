"""One record by its fingerprint at a node that does not keep it, or has a damaged copy: answered from
others.
"""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from unittest.mock import Mock

import pytest

from tests.journey.bread import net
from tests.journey.network import AUTHORITY, EVERYONE, Network, Node, begun, force, replicate
from tests.journey.scene import SALTS, START
from tracehold.core.access import Reader
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.core.evidence import Evidence, decode_evidence
from tracehold.core.ids import Fingerprint, NetworkId
from tracehold.core.receipt import encode_receipt, parse_receipt
from tracehold.core.record import Audience, event_header, fingerprint, sign
from tracehold.journey.answers import RecordAnswer
from tracehold.journey.attest import Attested, answer_receipt
from tracehold.journey.expand import Names, expand
from tracehold.journey.locate import answer_record
from tracehold.journey.ports import Expansion, Found
from tracehold.journey.receipts import Receipts
from tracehold.journey.states import State
from tracehold.journey.verify import verify_kept

__all__ = ["net"]


async def tell(node: Node, minute: int = 1, audience: Audience = Audience.NETWORK) -> Fingerprint:
    """A record of this node, final."""
    (outcome,) = await node.say(begun("urn:x:grain", minute), audience=audience)
    await node.finish()
    assert outcome.fingerprint is not None
    return outcome.fingerprint


@pytest.fixture
async def three(net: Network) -> tuple[Node, Node, Node]:
    """One that is asked and keeps nothing of others; a creator; a holder of the creator's log."""
    here, creator, holder = [await net.join() for _ in range(3)]
    await tell(creator)
    await replicate(creator, holder)
    return here, creator, holder


async def only(node: Node) -> Fingerprint:
    """The fingerprint of the only event in a log."""
    return (await node.store.read(node.log, 2, 3))[0].fingerprint


async def record(node: Node, name: Fingerprint, reader: Reader = EVERYONE) -> RecordAnswer:
    """The record, as anybody of the network gets it."""
    return await answer_record(node.knowledge, reader, name)


async def receipt(node: Node, name: Fingerprint, reader: Reader = EVERYONE) -> Attested:
    """The receipt, as anybody of the network gets it."""
    return await answer_receipt(node.knowledge, Receipts(node.store), reader, name)


async def refused(node: Node, name: Fingerprint, reader: Reader = EVERYONE) -> Rejected:
    """How the question for the record ends."""
    with pytest.raises(Rejected) as caught:
        await record(node, name, reader)
    return caught.value


def lying(node: Node, lie: Callable[[Found], Found]) -> None:
    """The node changes every record that it hands over."""
    node.peer.tell = lambda answer: Expansion([lie(each) for each in answer.records], answer.coverage)


async def proved(node: Node, name: Fingerprint) -> Evidence:
    """Evidence of a holder that keeps the chain's proof with its anchor, as those of real chains do."""
    evidence = await Receipts(node.store).proof(name, {})
    held = parse_receipt(evidence.receipt)
    assert held.anchor is not None
    anchor = replace(held.anchor, proof=await node.ledger.proof(held.anchor))
    return replace(evidence, receipt=encode_receipt(replace(held, anchor=anchor)))


async def test_a_record_that_is_kept_elsewhere_is_answered_as_where_it_is_kept(three):
    """Its bytes, place, state and speaker, proved here; no fault."""
    here, creator, holder = three
    name = await only(creator)
    answers = [await record(node, name) for node in three]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0].state is State.FINAL
    assert here.faults == []
    holder.peer.down = True
    assert await record(here, name) == answers[0]


async def test_its_receipt_and_evidence_are_byte_for_byte_those_of_a_holder(three):
    """With the anchor's proof, which comes from the own ledger; the copy that came had none."""
    here, creator, _ = three
    name = await only(creator)
    expected = await proved(creator, name)
    answer = await receipt(here, name)
    assert answer.receipt == expected.receipt
    assert decode_evidence(answer.evidence) == expected


async def test_it_is_verified_as_where_it_is_kept(three):
    """Every step, to the same end."""
    here, creator, _ = three
    name = await only(creator)
    reports = [await verify_kept(node.knowledge, EVERYONE, name, 0) for node in (here, creator)]
    assert reports[0] == reports[1]
    assert reports[0].state == "FINAL"


async def test_a_control_record_is_found_as_any_other(three):
    """The header of a log that is not kept here."""
    here, creator, _ = three
    (header,) = await creator.store.read(creator.log, 0, 1)
    assert (await record(here, header.fingerprint)).record.raw == header.raw


async def test_a_good_copy_asks_nobody(three):
    """The record, its receipt and its verification are answered from what is kept."""
    _, creator, holder = three
    name = await only(creator)
    for node in (creator, holder):
        for peer in node.network.peers.values():
            peer.asked.clear()
        await record(node, name)
        await receipt(node, name)
        await verify_kept(node.knowledge, EVERYONE, name, 0)
        assert [peer.asked for peer in node.network.peers.values()] == [[], [], []]


async def test_a_damaged_copy_is_a_fault_and_made_good_from_elsewhere(three):
    """The answers are those of a node with a good copy."""
    _, creator, holder = three
    name = await only(creator)
    good = await record(creator, name)
    expected = await proved(creator, name)
    holder.store.damage(creator.log, 2)
    assert await record(holder, name) == good
    assert holder.faults
    answer = await receipt(holder, name)
    assert (answer.receipt, decode_evidence(answer.evidence)) == (expected.receipt, expected)
    assert (await verify_kept(holder.knowledge, EVERYONE, name, 0)).state == "FINAL"


async def test_a_damaged_copy_that_nobody_can_make_good_is_said_to_be_damaged(three):
    """PROOF_INVALID, with those that might have helped."""
    _, creator, holder = three
    name = await only(creator)
    holder.store.damage(creator.log, 2)
    creator.peer.down = True
    refusal = await refused(holder, name)
    assert refusal.code == "PROOF_INVALID"
    assert refusal.message.endswith(f"did not answer: {creator.number}")
    assert (await verify_kept(holder.knowledge, EVERYONE, name, 0)).state == "UNVERIFIED"


async def test_a_tree_that_is_damaged_here_is_no_hindrance(three):
    """Neither what is lost of it nor what was changed in it."""
    _, creator, holder = three
    name = await only(creator)
    tiles = holder.store._of(creator.log).tiles
    coord = next(iter(tiles))
    tiles[coord] = bytes(len(tiles[coord]))
    assert (await record(holder, name)).state is State.FINAL
    assert (await verify_kept(holder.knowledge, EVERYONE, name, 0)).state == "FINAL"
    assert holder.faults
    del tiles[coord]
    assert (await receipt(holder, name)).receipt == (await proved(creator, name)).receipt


async def test_bytes_that_are_lost_here_are_made_good_from_elsewhere(three, monkeypatch):
    """The store itself says that it cannot read them; any other fault of it is not hidden."""
    _, creator, holder = three
    name = await only(creator)
    for code, good in (("CORRUPT", True), ("STORE_FAILED", False)):
        monkeypatch.setattr(holder.store, "_entry", Mock(side_effect=Broken(code, "bytes are lost")))
        for question in (record(holder, name), verify_kept(holder.knowledge, EVERYONE, name, 0)):
            with nullcontext() if good else pytest.raises(Broken):
                assert (await question).state.lower() == "final"


async def test_not_found_is_what_nobody_has(three):
    """And where nodes were silent, they are named, for one of them may have it."""
    here, creator, holder = three
    unknown = Fingerprint(bytes(32))
    refusal = await refused(here, unknown)
    assert refusal.code == "NOT_FOUND"
    assert "did not answer" not in refusal.message
    creator.peer.down = holder.peer.down = True
    for question in (record, receipt):
        with pytest.raises(Rejected) as caught:
            await question(here, await only(creator))
        assert caught.value.code == "NOT_FOUND"
        assert caught.value.message.endswith(f"did not answer: {creator.number}, {holder.number}")
    with pytest.raises(Rejected) as caught:
        await verify_kept(here.knowledge, EVERYONE, unknown, 0)
    assert caught.value.code == "NOT_FOUND"


async def test_what_cannot_be_checked_now_is_not_said_to_be_missing(three):
    """The chain is down: an error that time will help."""
    here, creator, _ = three
    here.ledger.down = True
    for question in (record, receipt):
        with pytest.raises(Unavailable) as caught:
            await question(here, await only(creator))
        assert caught.value.code == "CHAIN_DOWN"


async def test_security_access_that_is_refused_where_it_is_kept_is_refused_everywhere(net: Network):
    """Audience `authority`: the record and its evidence go to nobody else; the receipt tells nothing of
    it.
    """
    here, creator = await net.join(), await net.join()
    name = await tell(creator, audience=Audience.AUTHORITY)
    assert (await refused(here, name)).code == "FORBIDDEN"
    with pytest.raises(Rejected) as caught:
        await verify_kept(here.knowledge, EVERYONE, name, 0)
    assert caught.value.code == "FORBIDDEN"
    hidden = await receipt(here, name)
    assert hidden == Attested((await proved(creator, name)).receipt, b"")
    assert (await record(here, name, AUTHORITY)).record.fingerprint == name
    assert (await receipt(here, name, AUTHORITY)).evidence


async def test_what_was_erased_here_stays_erased(three):
    """Others have not heard of it yet; nobody is asked."""
    _, creator, holder = three
    name = await only(creator)
    await holder.store.erase(creator.log, 2)
    assert (await refused(holder, name)).code == "REDACTED"
    assert (await receipt(holder, name)).evidence == b""
    assert creator.peer.asked == []


async def test_a_final_copy_goes_before_one_that_is_only_sealed(three):
    """Whoever is asked first: one holder knows of no anchor yet."""
    here, creator, holder = three
    creator.store._of(creator.log).anchors.clear()
    assert (await record(here, await only(creator))).state is State.FINAL
    holder.peer.down = True
    name = await only(creator)
    assert (await record(here, name)).state is State.SEALED
    assert parse_receipt((await receipt(here, name)).receipt).anchor is None


async def test_who_is_slow_holds_nobody_up(three):
    """One good final copy is enough; the call that still runs is ended."""
    here, creator, holder = three
    holder.peer.delay = asyncio.Event().wait
    name = await only(creator)
    async with asyncio.timeout(5):
        assert (await record(here, name)).state is State.FINAL
    assert [task for task in asyncio.all_tasks() if "_ask" in repr(task)] == []


LIES: dict[str, Callable[[Found], Found]] = {
    "a byte of the record": lambda f: _with(f, record=f.raw[:-1] + bytes([f.raw[-1] ^ 1])),
    "another place": lambda f: replace(f, index=f.index + 1),
    "no receipt": lambda f: _with(f, receipt=b""),
    "a receipt cut short": lambda f: _with(f, receipt=f.evidence.receipt[:-9]),
    "no control records": lambda f: _with(f, controls=()),
}


def _with(found: Found, **parts: object) -> Found:
    return replace(found, evidence=replace(found.evidence, **parts))  # type: ignore[arg-type]


@pytest.mark.parametrize("lie", LIES)
async def test_security_a_false_copy_is_not_answered_and_a_good_one_is(three, lie):
    """With a liar alone, nobody has the record; with an honest holder it is answered all the same."""
    here, creator, holder = three
    name = await only(creator)
    good = await record(creator, name)
    lying(creator, LIES[lie])
    assert await record(here, name) == good
    holder.peer.down = True
    assert (await refused(here, name)).code == "NOT_FOUND"
    with pytest.raises(Rejected):
        await receipt(here, name)
    with pytest.raises(Rejected):
        await verify_kept(here.knowledge, EVERYONE, name, 0)
    assert bool(here.faults) is (lie != "a byte of the record")


async def test_security_another_record_is_no_answer(three):
    """A true one, whole and final: its fingerprint is not the one that was asked for."""
    here, creator, holder = three
    name = await only(creator)
    await tell(creator, 2)
    (other,) = await creator.store.read(creator.log, 3, 4)
    names = Names((), fingerprints=[other.fingerprint])
    instead = await expand(creator.store, creator.graph, names)
    assert len(instead.records) == 1
    for node in (creator, holder):
        node.peer.tell = lambda answer: instead
    assert (await refused(here, name)).code == "NOT_FOUND"
    assert (await record(here, other.fingerprint)).record.fingerprint == other.fingerprint


async def test_security_a_log_that_no_member_has_proves_no_record(net: Network):
    """Whole, signed, sealed in a log that somebody made up, or that belongs to another network's contract."""
    here, stranger = await net.join(), await net.join(listed=False)
    name = await tell(here)
    (outcome,) = await stranger.say(begun("urn:x:poison", 1))
    assert outcome.fingerprint is not None
    assert (await refused(here, outcome.fingerprint)).code == "NOT_FOUND"
    assert here.faults
    assert (await record(here, name)).state is State.FINAL


async def test_security_a_record_of_another_network_is_no_answer(three):
    """Though a member sealed and anchored it, and its signature holds."""
    here, creator, _ = three
    own = creator.sealer.own.identity
    strange = event_header(own.key.public, own.operator, NetworkId(b"\x08" * 32), int(START), SALTS(16))
    raw = sign(strange, begun("urn:x:poison", 1), own.key)
    await force(creator, raw)
    await creator.finish()
    assert (await refused(here, fingerprint(raw))).code == "NOT_FOUND"
    assert here.faults == [f"node {creator.number} handed over a record that is false (PROOF_INVALID)"]


async def test_security_what_a_peer_says_of_the_transaction_is_not_passed_on(three):
    """The anchor in a receipt that is handed on is the one of the own ledger."""
    here, creator, holder = three
    name = await only(creator)
    expected = await proved(holder, name)

    def lie(found: Found) -> Found:
        held = parse_receipt(found.evidence.receipt)
        assert held.anchor is not None
        anchor = replace(held.anchor, tx_hash=b"\xee" * 32, log_index=77)
        return _with(found, receipt=encode_receipt(replace(held, anchor=anchor)))

    for node in (creator, holder):
        lying(node, lie)
    assert (await receipt(here, name)).receipt == expected.receipt
