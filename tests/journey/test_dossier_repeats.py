"""Dossiers of what was known at a time, of records that stand in several logs: each holds."""

from dataclasses import replace

import pytest

from tests.journey.bread import net
from tests.journey.network import FARM, MILL, Network, Node, made, replicate
from tests.journey.superseded_scene import sealed, signed
from tests.journey.test_dossier import items, read
from tests.journey.test_moves import GRIND, enrol
from tracehold.core.dossier import Dossier, Kind, Question
from tracehold.core.lineage import GapReason

__all__ = ["net"]

FLOUR = "urn:x:flour"


def millis(node: Node) -> int:
    """By now."""
    return int(node.network.clock.time) * 1_000


async def repeated(net: Network, *, copied: bool) -> tuple[Node, Node, list[int]]:
    """A record that the farm said at another creator first, and here later; with the times between. `copied`:
    the other log is kept here, and nobody is asked."""
    here, there = await net.join(), await net.join()
    raw = signed(GRIND)
    times = []
    for node in (there, here):
        await enrol(node)
        await node.finish()
        times.append(millis(node))
        await sealed(node, raw)
        await node.finish()
    times.append(millis(here))
    if copied:
        await replicate(there, here)
        here.knowledge = replace(here.knowledge, peers=None)
    await here.finish()
    return here, there, times


async def asked(node: Node, known_at: int | None) -> Dossier:
    """The file, which was derived again."""
    return await read(node, Question(Kind.TRACE, FLOUR, known_at=known_at))


async def test_a_record_of_two_logs_is_shown_where_it_was_known_first(net):
    """Known in between by the other log, the file has it at its place there; later, at the own one; before,
    not at all.
    """
    here, there, (before, between, after) = await repeated(net, copied=True)
    found = await asked(here, between)
    assert items(found) == ["urn:x:grain"]
    assert {place.log for place in found.records.values()} == {there.log}
    (event,) = found.answer["events"]
    assert (event["party"], event["operator"]) == (FARM, there.sealer.own.identity.operator)
    assert not [gap for gap in found.said.gaps if gap.reason is GapReason.NOT_COVERED]
    for known_at in (after, None):
        found = await asked(here, known_at)
        assert {place.log for place in found.records.values()} == {here.log}
        assert items(found) == ["urn:x:grain"]
    assert not (await asked(here, before)).records


async def test_what_follows_from_it_is_in_the_file_too(net):
    """A walk that goes on behind it goes on."""
    here, there, (_, between, _) = await repeated(net, copied=True)
    await there.say(made(["urn:x:seed"], ["urn:x:grain"], 5), party=MILL)
    await there.finish()
    later = millis(there)
    await replicate(there, here)
    await here.finish()
    assert items(await asked(here, between)) == ["urn:x:grain"]
    assert items(await asked(here, later)) == ["urn:x:grain", "urn:x:seed"]


async def test_where_no_copy_of_the_place_is_here_it_is_left_out_and_that_is_said(net, monkeypatch):
    """What the file cannot show to have been known is not in it, and it is not complete."""
    here, there, (_, between, _) = await repeated(net, copied=True)
    find = here.store.find

    async def elsewhere(fingerprints, within=None):
        return {} if within == there.log else await find(fingerprints, within)

    monkeypatch.setattr(here.store, "find", elsewhere)
    found = await asked(here, between)
    assert (items(found), found.records, found.answer["complete"]) == ([], {}, False)
    assert [gap.reason for gap in found.said.gaps] == [GapReason.NOT_COVERED]


@pytest.mark.parametrize("at", ["between", "after"])
async def test_while_the_other_log_is_asked_for(net, at):
    """The other node keeps its log, this one its own: each file holds."""
    here, there, (_, between, after) = await repeated(net, copied=False)
    for node in (here, there):
        found = await asked(node, between if at == "between" else after)
        assert items(found) in (["urn:x:grain"], [])
        assert items(found) or not found.answer["complete"]
