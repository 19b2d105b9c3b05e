"""Security: what a reader may not read is a gap in every answer, and nothing of it shows through."""

from collections.abc import AsyncIterator

import pytest

from tests.journey.network import (
    AUTHORITY,
    EVERYONE,
    FARM,
    MILL,
    Node,
    begun,
    made,
    network,
    packed,
    said,
    seen,
)
from tracehold.core.access import ANONYMOUS, Reader
from tracehold.core.errors import Rejected
from tracehold.core.lineage import Direction, GapReason
from tracehold.core.record import Audience, Kind
from tracehold.journey.contents import ContentsQuestion, answer_contents
from tracehold.journey.history import HistoryQuestion, answer_history
from tracehold.journey.locate import LocateQuestion, answer_locate, answer_record
from tracehold.journey.masterdata import answer_masterdata
from tracehold.journey.trace import TraceQuestion, answer_trace
from tracehold.journey.verify import verify_kept

INTEREST = Reader(authenticated=True, roles=frozenset({"interest"}))
OF_FARM = Reader(authenticated=True, party=FARM)
OF_MILL = Reader(authenticated=True, party=MILL)
SECRET = "urn:x:secret-supplier-lot"
"""Only the hidden record names it."""


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    """A node in a network of one."""
    async with network() as net:
        yield await net.join()


async def trace(node: Node, reader: Reader, item: str = "urn:x:flour", direction=Direction.UPSTREAM):
    """The answer to this reader."""
    return await answer_trace(node.knowledge, reader, TraceQuestion(item, direction))


async def every_answer(node: Node, reader: Reader, item: str) -> str:
    """All that this reader gets to see when asking about an item, as text."""
    knowledge = node.knowledge
    answers = [
        await trace(node, reader, item),
        await trace(node, reader, item, Direction.DOWNSTREAM),
        await answer_history(knowledge, reader, HistoryQuestion(item)),
        await answer_contents(knowledge, reader, ContentsQuestion(item)),
        await answer_locate(knowledge, reader, LocateQuestion(item)),
        await answer_masterdata(knowledge, reader, item),
    ]
    return repr(answers)


async def test_a_refused_branch_is_a_gap_at_the_item_where_the_chain_stops(node):
    """What is readable is answered; what made the flour is not, and it is not called unknown either."""
    await node.say(made([SECRET], ["urn:x:flour"], 10), audience=Audience.AUTHORITY, party=MILL)
    await node.say(made(["urn:x:flour"], ["urn:x:bread"], 20))
    await node.finish()
    answer = await trace(node, EVERYONE, "urn:x:bread")
    assert [item.item for item in answer.items] == ["urn:x:flour"]
    assert [(gap.item, gap.reason) for gap in answer.gaps] == [("urn:x:flour", GapReason.ACCESS_REFUSED)]
    whole = await trace(node, AUTHORITY, "urn:x:bread")
    assert [item.item for item in whole.items] == ["urn:x:flour", SECRET]
    assert [gap.reason for gap in whole.gaps] == [GapReason.NEVER_COMMISSIONED]


@pytest.mark.parametrize("reader", [ANONYMOUS, EVERYONE, INTEREST, OF_FARM])
async def test_nothing_of_a_hidden_record_shows_in_any_answer(node, reader):
    """Neither its items nor its event id, place, step, time or fingerprint, whatever is asked."""
    hidden = made(
        [SECRET],
        ["urn:x:flour"],
        61,
        eventID="urn:uuid:00000000-0000-4000-8000-00000000beef",
        bizLocation={"id": "urn:x:secret-mill"},
        bizStep="commissioning",
    )
    (outcome,) = await node.say(hidden, audience=Audience.PARTIES, party=MILL)
    await node.say(seen("urn:x:flour", 5), audience=Audience.PUBLIC)
    await node.say(
        said("urn:x:flour", "secret recipe"), kind=Kind.MASTERDATA, audience=Audience.AUTHORITY, party=MILL
    )
    await node.say(packed("urn:x:flour", [SECRET], 62), audience=Audience.PARTIES, party=MILL)
    await node.finish()
    instant = 1772326860 * 10**6
    told = await every_answer(node, reader, "urn:x:flour")
    assert repr(outcome.fingerprint) not in told
    for word in (SECRET, "beef", "secret", "commissioning", MILL, str(instant), outcome.fingerprint.hex()):
        assert word not in told, word
    assert "ACCESS_REFUSED" in told
    seen_by_authority = await every_answer(node, AUTHORITY, "urn:x:flour")
    assert all(word in seen_by_authority for word in (SECRET, "secret-mill", str(instant)))


async def test_asking_for_a_hidden_item_by_name_tells_only_that_there_is_something(node):
    """Guessing a name gives a gap and no content."""
    await node.say(made([SECRET], ["urn:x:flour"], 10), audience=Audience.AUTHORITY, party=MILL)
    await node.finish()
    answer = await trace(node, EVERYONE, SECRET, Direction.DOWNSTREAM)
    assert (answer.items, answer.events) == ((), ())
    assert [gap.reason for gap in answer.gaps] == [GapReason.ACCESS_REFUSED]
    assert "flour" not in repr(answer)


@pytest.mark.parametrize(
    ("audience", "allowed"),
    [
        (Audience.PUBLIC, {"anonymous", "everyone", "interest", "farm", "mill", "authority"}),
        (Audience.NETWORK, {"everyone", "interest", "farm", "mill", "authority"}),
        (Audience.INTEREST, {"interest", "mill", "authority"}),
        (Audience.PARTIES, {"farm", "mill", "authority"}),
        (Audience.AUTHORITY, {"mill", "authority"}),
    ],
)
async def test_each_audience_reads_what_is_meant_for_it(node, audience, allowed):
    """The mill speaks and names the farm as the owner: every audience against every reader."""
    owner = [{"type": "owning_party", "source": FARM}]
    await node.say(made(["urn:x:grain"], ["urn:x:flour"], 1, sourceList=owner), audience=audience, party=MILL)
    await node.finish()
    readers = {
        "anonymous": ANONYMOUS,
        "everyone": EVERYONE,
        "interest": INTEREST,
        "farm": OF_FARM,
        "mill": OF_MILL,
        "authority": AUTHORITY,
    }
    answers = {name: await trace(node, reader) for name, reader in readers.items()}
    assert {name for name, answer in answers.items() if answer.items} == allowed
    for name in readers.keys() - allowed:
        assert [gap.reason for gap in answers[name].gaps] == [GapReason.ACCESS_REFUSED]


async def test_a_claimed_party_without_authentication_opens_nothing(node):
    """A reader that is not known to the node has no party, whatever it says."""
    await node.say(made(["urn:x:grain"], ["urn:x:flour"], 1), audience=Audience.PARTIES, party=MILL)
    await node.finish()
    answer = await trace(node, Reader(authenticated=False, roles=frozenset({"authority"}), party=MILL))
    assert not answer.items


@pytest.mark.parametrize("spelling", [FARM, "urn:epc:id:pgln:9521000.00002"])
async def test_a_party_is_the_same_in_every_spelling(node, spelling):
    """The token says it one way, the event another."""
    owner = [{"type": "owning_party", "source": "urn:epc:id:pgln:9521000.00002"}]
    await node.say(
        made(["urn:x:grain"], ["urn:x:flour"], 1, sourceList=owner), audience=Audience.PARTIES, party=MILL
    )
    await node.finish()
    assert (await trace(node, Reader(authenticated=True, party=spelling))).items


async def test_records_and_reports_are_refused_to_who_may_not_read_them(node):
    """A fingerprint is no key: FORBIDDEN, for the record and for its verification."""
    (outcome,) = await node.say(begun("urn:x:grain", 1), audience=Audience.AUTHORITY, party=MILL)
    await node.finish()
    assert (await answer_record(node.knowledge, AUTHORITY, outcome.fingerprint)).verified
    assert (await verify_kept(node.knowledge, AUTHORITY, outcome.fingerprint, 0)).state == "FINAL"
    for reader in (ANONYMOUS, EVERYONE, OF_FARM):
        for asked in (
            answer_record(node.knowledge, reader, outcome.fingerprint),
            verify_kept(node.knowledge, reader, outcome.fingerprint, 0),
        ):
            with pytest.raises(Rejected) as caught:
                await asked
            assert caught.value.code == "FORBIDDEN"
