"""Master data that other nodes keep: answered as if it were here, and never silently left out."""

import json

from tests.journey.bread import net
from tests.journey.network import AUTHORITY, EVERYONE, FARM, MILL, Network, Node, replicate, said, seen
from tracehold.core.lineage import GapReason
from tracehold.core.record import Audience, Kind
from tracehold.journey.answers import MasterDataAnswer
from tracehold.journey.masterdata import answer_masterdata

__all__ = ["net"]

PLACE = "urn:x:place"


async def ask(node: Node, reader=EVERYONE) -> MasterDataAnswer:
    """What there is about the place."""
    return await answer_masterdata(node.knowledge, reader, PLACE)


def names(answer: MasterDataAnswer) -> list[str]:
    """The names that were said, in order."""
    elements = [json.loads(version.payload)["element"] for version in answer.versions]
    return [element["attributes"][0]["attribute"] for element in elements]


async def tell(node: Node, name: str, audience: Audience = Audience.NETWORK, party: str = FARM) -> int:
    """Say a name of the place, to the end; its index."""
    (outcome,) = await node.say(said(PLACE, name), party=party, audience=audience, kind=Kind.MASTERDATA)
    await node.finish()
    assert outcome.index is not None
    return outcome.index


async def test_versions_of_all_nodes_stand_side_by_side_oldest_first(net: Network):
    """Each node gives the same answer, verified, with who says so; events about the place are none of it."""
    here, there = await net.join(), await net.join()
    await tell(here, "first")
    await tell(there, "second", party=MILL)
    await there.say(seen(PLACE, 3))
    await tell(here, "third")
    await there.finish()
    answers = [await ask(node) for node in (here, there)]
    assert [names(answer) for answer in answers] == [["first", "second", "third"]] * 2
    for answer in answers:
        assert all(version.verified for version in answer.versions)
        assert [version.speaker.party for version in answer.versions] == [FARM, MILL, FARM]
        assert {version.type for version in answer.versions} == {"urn:epcglobal:epcis:vtype:Location"}
        assert answer.gaps == ()


async def test_a_node_that_is_down_is_a_gap(net: Network):
    """What it alone keeps is missing, and that is said."""
    here, there = await net.join(), await net.join()
    await tell(here, "first")
    await tell(there, "second")
    there.peer.down = True
    answer = await ask(here)
    assert names(answer) == ["first"]
    assert GapReason.HOLDER_DOWN in {gap.reason for gap in answer.gaps}


async def test_a_copy_that_is_damaged_here_is_made_good_from_elsewhere(net: Network):
    """The version is in the answer, no gap is, and the fault is reported."""
    here, there = await net.join(), await net.join()
    index = await tell(here, "first")
    await replicate(here, there)
    await there.index()
    here.store.damage(here.log, index)
    answer = await ask(here)
    assert names(answer) == ["first"]
    assert answer.gaps == ()
    assert here.faults


async def test_what_the_reader_may_not_read_is_a_gap(net: Network):
    """Audience `authority`, kept elsewhere: a refusal is told, not left out."""
    here, there = await net.join(), await net.join()
    await here.finish()
    await tell(there, "secret", audience=Audience.AUTHORITY)
    refused = await ask(here)
    assert refused.versions == ()
    assert {gap.reason for gap in refused.gaps} == {GapReason.ACCESS_REFUSED}
    assert names(await ask(here, AUTHORITY)) == ["secret"]


async def test_what_was_said_by_then(net: Network):
    """By what was known at a time: what came later is not in the answer, of the other node neither."""
    here, there = await net.join(), await net.join()
    known = [0]
    for node, name in ((here, "first"), (there, "second"), (here, "third")):
        await tell(node, name, party=MILL if node is there else FARM)
        known.append(int(net.clock.time) * 1_000)
    for count, known_at in enumerate(known):
        answer = await answer_masterdata(here.knowledge, EVERYONE, PLACE, known_at=known_at)
        assert names(answer) == ["first", "second", "third"][:count]
