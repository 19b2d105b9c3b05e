"""Questions in a network that is too large to be asked as a whole: the directory names whom to ask, and the
answer says so.
"""

from collections.abc import Collection
from dataclasses import replace

from tests.journey.asking import DOWN, history, names, trace
from tests.journey.network import Network, Node, begun, made, network, replicate, seen
from tracehold.core.lineage import GapReason
from tracehold.journey.locating import EVERYBODY, Whom

FLOUR, BREAD = "urn:x:flour", "urn:x:bread"


async def three(net: Network) -> list[Node]:
    """One that asks; one who has the flour; one who baked it, and who has something else too."""
    asker, mill, baker = [await net.join() for _ in range(3)]
    await mill.say(begun(FLOUR, 1))
    await baker.say(made([FLOUR], [BREAD], 2), begun("urn:x:salt", 3))
    for node in (asker, mill, baker):
        await node.finish()
    return [asker, mill, baker]


def naming(asker: Node, told: dict[str, Collection[Node]], *, whole: bool = True) -> None:
    """Let the directory name these nodes."""

    async def whom(items: Collection[str]) -> Whom:
        named = {node.log for item in items for node in told.get(item, ())}
        return Whom(frozenset(named), whole)

    asker.knowledge = replace(asker.knowledge, whom=whom)


def details(answer) -> list[str]:
    """What an answer says is missing: all of it since the network was not asked as a whole."""
    assert {gap.reason for gap in answer.gaps} <= {GapReason.HINTED}
    return [gap.detail for gap in answer.gaps]


async def test_only_those_named_are_asked_and_the_answer_is_the_same():
    """Step by step along the walk. What nobody searched is named in one gap, as hinted."""
    async with network() as net:
        asker, mill, baker = await three(net)
        whole = await trace(asker, FLOUR, DOWN)
        assert details(whole) == []
        naming(asker, {FLOUR: [mill, baker], BREAD: [baker]})
        mill.peer.asked.clear()
        answer = await trace(asker, FLOUR, DOWN)
        assert names(answer) == names(whole) == [BREAD]
        assert [each.fingerprint for each in answer.events] == [each.fingerprint for each in whole.events]
        assert len(mill.peer.asked) < len(baker.peer.asked)
        (detail,) = details(answer)
        assert detail.startswith("of 1 logs")
        assert asker.faults == []


async def test_who_is_not_asked_again_is_not_accused_of_leaving_out():
    """The mill answered about the flour; about the bread only the baker is, who keeps all that the
    mill has.
    """
    async with network() as net:
        asker, mill, baker = await three(net)
        await mill.say(seen(BREAD, 4))
        await mill.finish()
        await replicate(mill, baker)
        await baker.index()
        naming(asker, {FLOUR: [mill, baker], BREAD: [baker]})
        assert names(await trace(asker, FLOUR, DOWN)) == [BREAD]
        assert asker.faults == []


async def test_a_directory_that_names_not_all_is_a_gap():
    """A key was full, or a lookup did not come to its end."""
    async with network() as net:
        asker, mill, baker = await three(net)
        naming(asker, {FLOUR: [mill, baker]}, whole=False)
        assert "the directory may not have named all holders" in details(await history(asker, FLOUR))


async def test_nobody_named_is_no_complete_answer():
    """An empty answer of the directory leaves both logs unsearched, and the answer says it."""
    async with network() as net:
        asker, *_ = await three(net)
        naming(asker, {})
        (detail,) = details(await history(asker, FLOUR))
        assert detail.startswith("of 2 logs")


async def test_security_everybody_is_asked_where_the_directory_says_nothing():
    """As in a small network: unsearched entries are gaps by their place, and nothing is hinted."""
    async with network() as net:
        asker, mill, _ = await three(net)

        async def whom(_: Collection[str]) -> Whom:
            return EVERYBODY

        asker.knowledge = replace(asker.knowledge, whom=whom)
        mill.peer.down = True
        answer = await history(asker, FLOUR)
        assert GapReason.HINTED not in {gap.reason for gap in answer.gaps}
        assert [gap for gap in answer.gaps if "nobody searched" in gap.detail]
