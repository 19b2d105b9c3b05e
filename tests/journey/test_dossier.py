"""Dossiers of a node: whole, derived again from what is in them, from the records of several nodes."""

from dataclasses import replace

import pytest

from tests.journey.bread import BREAD, net, pair
from tests.journey.network import EVERYONE, MILL, Network, Node, begun, made, replicate, seen
from tests.journey.superseded_scene import RIGHT, WRONG, Pointers, sealed
from tests.journey.superseded_scene import signed as replaced
from tests.journey.test_moves import TAKE_BACK, enrol, finish, grown, move, signed
from tests.journey.test_redact import node as redactable
from tests.journey.test_redact import redact
from tracehold.core.access import ANONYMOUS, Reader
from tracehold.core.dossier import Dossier, Kind, Place, Question, follows, read_dossier
from tracehold.core.dossier.word import Word, check_word
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.core.lineage import Direction, GapReason
from tracehold.core.record import CONTROL_KINDS, Audience, parse
from tracehold.core.record import Kind as Kinds
from tracehold.journey import dossier as module
from tracehold.journey.dossier import dossier
from tracehold.journey.inquiry import Inquiry
from tracehold.journey.word import word

__all__ = ["grown", "net", "pair", "redactable"]

UPSTREAM = Question(Kind.TRACE, BREAD)


async def saved(node: Node, question: Question = UPSTREAM, reader: Reader = EVERYONE) -> bytes:
    """The file."""
    return b"".join([part async for part in dossier(node.knowledge, reader, question)])


async def read(node: Node, question: Question = UPSTREAM, reader: Reader = EVERYONE) -> Dossier:
    """What it holds, after its answer was derived again. The chain in memory proves no anchor: its proofs are
    left out.
    """
    found = read_dossier(await saved(node, question, reader))
    bare = tuple(
        replace(group, anchor=replace(group.anchor, proof=None) if group.anchor else None)
        for group in found.groups
    )
    found = replace(found, groups=bare)
    if found.records:
        follows(found)
    return found


def items(found: Dossier) -> list[str]:
    """Of a trace."""
    return [each["item"] for each in found.answer["items"]]


async def test_answer_of_two_nodes_is_in_one_file(pair):
    """What the other node keeps is fetched with its proof, and the answer follows from all of it."""
    here, there = pair
    found = await read(here)
    assert items(found) == ["urn:x:flour", "urn:x:water", "urn:x:grain", "urn:x:seed"]
    assert {place.log for place in found.records.values()} == {here.log, there.log}
    assert found.answer["complete"]
    assert all(group.anchor is not None for group in found.groups)
    assert set(found.said.searched) == {here.log, there.log}


async def test_every_node_gives_the_same_proofs(pair):
    """Of a final record each has the same receipt."""
    here, there = pair
    assert (await read(here)).groups == (await read(there)).groups
    assert await saved(here) == await saved(here)


@pytest.mark.parametrize(
    "question",
    [
        Question(Kind.TRACE, "urn:x:seed", Direction.DOWNSTREAM),
        Question(Kind.TRACE, BREAD, max_depth=1),
        Question(Kind.HISTORY, "urn:x:flour"),
        Question(Kind.CONTENTS, "urn:x:pallet"),
        Question(Kind.STATE, BREAD),
        Question(Kind.COMMON, "", items=("urn:x:flour", BREAD)),
        Question(Kind.RECALL, "", items=("urn:x:seed", "urn:x:grain")),
        Question(Kind.TRACE, BREAD, at=0),
        Question(Kind.TRACE, BREAD, known_at=0),
    ],
    ids=str,
)
async def test_other_questions(pair, question):
    """Each answer follows from its records, as `read` checks; what was not known then is not in the file."""
    found = await read(pair[0], question)
    assert found.question == question
    if question.known_at == 0:
        assert not found.records


async def test_the_node_that_answers_signs_for_it(pair):
    """With its node key: what was searched, and what is missing, is its word."""
    node = pair[0]

    async def vouch(answer: bytes) -> Word | None:
        return await word(node.store, node.sealer.own, answer)

    parts = [part async for part in dossier(node.knowledge, EVERYONE, UPSTREAM, vouch)]
    found = read_dossier(b"".join(parts))
    assert found.word is not None
    assert check_word(found.word, found.text).log == node.log


async def test_item_is_asked_in_any_spelling(net):
    """The file has the canonical one."""
    node = await net.join()
    await node.say(made(["urn:x:grain"], ["urn:epc:class:lgtin:9521234.054321.ABC"], 1))
    await node.index()
    found = await read(node, Question(Kind.TRACE, "(01)09521234543213(10)ABC"))
    assert found.question.item == "https://id.gs1.org/01/09521234543213/10/ABC"
    assert items(found) == ["urn:x:grain"]
    assert [group.anchor for group in found.groups] == [None]


async def test_a_redacted_record_is_a_gap_of_the_node(redactable):
    """Nothing of it is in the file but that it is missing."""
    name, _ = await redact(redactable)
    found = await read(redactable, Question(Kind.TRACE, "urn:x:bread"))
    assert items(found) == ["urn:x:flour"]
    assert name not in found.records
    assert ("urn:x:flour", GapReason.ERASED) in {(gap.item, gap.reason) for gap in found.said.gaps}
    assert not found.answer["complete"]


async def test_attack_file_with_what_its_asker_may_not_read(net):
    """A record for parties is not in a stranger's file, and the gap says that something is."""
    node = await net.join()
    await node.say(begun("urn:x:grain", 0), audience=Audience.PUBLIC)
    await node.say(made(["urn:x:grain"], [BREAD], 10), audience=Audience.PARTIES)
    await node.finish()
    raw = await saved(node, reader=ANONYMOUS)
    assert b"urn:x:grain" not in raw
    found = read_dossier(raw)
    assert not found.records
    assert [gap.reason for gap in found.said.gaps if gap.item] == [GapReason.ACCESS_REFUSED]


async def test_moves_of_whom_its_asker_may_not_read_are_not_in_the_file(net, grown):
    """Another node hands them over with records that are kept back; those in the file need none of them."""
    old, new = grown
    await move(old, new)
    await old.say(seen("urn:x:flour", 30), party=MILL, audience=Audience.PUBLIC)
    await finish(old, new)
    third = await net.join()
    await finish(third)
    found = await read(third, Question(Kind.HISTORY, "urn:x:flour"), ANONYMOUS)
    assert len(found.records) == 1
    everything = await read(third, Question(Kind.HISTORY, "urn:x:flour"))
    kinds = {parse(raw).header.kind for group in everything.groups for raw, _ in group.records}
    assert Kinds.MOVE in kinds


async def test_security_a_record_that_is_redacted_meanwhile_is_not_asked_of_others(redactable):
    """It was read, and went before its proof was made: the file ends, and nobody is asked for a copy."""
    knowledge = redactable.knowledge
    inquiry = Inquiry(knowledge, EVERYONE)
    await inquiry.drive(Question(Kind.TRACE, "urn:x:bread").walk())
    name, index = await redact(redactable)
    place = Place(redactable.log, index)
    with pytest.raises(Rejected) as refused:
        await module._Proofs(knowledge, EVERYONE, inquiry).of(name, place)
    assert refused.value.code == "REDACTED"


async def test_a_silent_node_is_a_gap(pair):
    """Its records are missing, which is said."""
    here, there = pair
    there.peer.down = True
    found = await read(here)
    assert items(found) == ["urn:x:flour", "urn:x:water"]
    assert found.said.gaps


async def test_many_records_make_many_groups(net, monkeypatch):
    """A group is bounded. Whoever the operator speaks for by its node key shares a group."""
    monkeypatch.setattr(module, "GROUP_RECORDS", 2)
    node: Node = await net.join()
    await node.say(*(seen("urn:x:grain", minute) for minute in range(5)))
    await node.say(seen("urn:x:grain", 9), party=MILL)
    await node.finish()
    found = await read(node, Question(Kind.HISTORY, "urn:x:grain"))
    assert [len(group.records) for group in found.groups] == [2, 2, 2]
    assert len(found.records) == 6


async def test_more_than_a_file_holds_is_refused(net: Network, monkeypatch):
    """Before a byte goes out, with what to do."""
    monkeypatch.setattr(module, "MAX_RECORDS", 1)
    node = await net.join()
    await node.say(seen("urn:x:grain", 1), seen("urn:x:grain", 2))
    await node.index()
    with pytest.raises(Rejected) as refused:
        await saved(node, Question(Kind.HISTORY, "urn:x:grain"))
    assert refused.value.code == "TOO_MANY_RECORDS"


async def test_damaged_copy_is_replaced_or_said(pair):
    """Bytes that are not those that were sealed never get into a file."""
    here, _ = pair
    entries = here.store._of(here.log).entries
    entries[-1] = replace(entries[-1], raw=entries[-1].raw[:-1] + b"\0")
    found = await read(here)
    assert GapReason.PROOF_FAILED in {gap.reason for gap in found.said.gaps}
    assert all(LogId(place.log) for place in found.records.values())


@pytest.mark.parametrize("kept", [False, True], ids=["asking each other", "keeping both logs"])
async def test_a_party_that_moved_takes_back_what_it_said_before(net, grown, kept):
    """That its two voices are one follows from the file: the moves in both logs are in it."""
    old, new = grown
    await finish(old, new)
    await move(old, new)
    await new.upload(signed(TAKE_BACK))
    await finish(old, new)
    third = await net.join()
    if kept:
        await replicate(old, third)
        await replicate(new, third)
        third.knowledge = replace(third.knowledge, peers=None)
    await finish(third)
    for node in (old, new, third):
        found = await read(node, Question(Kind.TRACE, "urn:x:bread"))
        assert items(found) == ["urn:x:flour"]
        kinds = {parse(raw).header.kind for group in found.groups for raw, _ in group.records}
        assert kinds & CONTROL_KINDS


async def test_a_superseded_record_is_not_in_the_file(net):
    """It says nothing any more; that its replacement counts for it is the word of the node."""
    node = await net.join()
    await enrol(node)
    before = await sealed(node, replaced(WRONG))
    after = await sealed(node, replaced(RIGHT, before))
    await Pointers(node).say(before, after)
    await node.index()
    found = await read(node, Question(Kind.TRACE, "urn:x:flour"))
    assert items(found) == ["urn:x:grain"]
    assert set(found.records) == {after}
    assert found.said.flags == {after: ("SUPERSEDES",)}
