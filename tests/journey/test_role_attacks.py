"""Attacks on who speaks and who reads that need more than one party: shown, and without effect."""

from tests.journey.bread import net
from tests.journey.network import EVERYONE, FARM, MILL, Network, begun, force, made, replicate
from tests.journey.scene import FARM_KEY, NETWORK, SALTS, control
from tracehold.core.access import Reader
from tracehold.core.control import Enrol, Revoke
from tracehold.core.lineage import Direction, GapReason
from tracehold.core.record import Audience, event_header, sign
from tracehold.journey.answers import DISPUTED
from tracehold.journey.history import HistoryQuestion, answer_history
from tracehold.journey.trace import TraceQuestion, answer_trace

__all__ = ["net"]

SORRY = {"declarationTime": "2026-03-02T00:00:00Z", "reason": "urn:x:wrong"}


async def test_security_a_member_voids_another_partys_event(net: Network):
    """The declaration stands beside the event, in its own speaker's name, and changes nothing."""
    farm, mill = await net.join(), await net.join()
    await farm.say(made(["urn:x:grain"], ["urn:x:flour"], 10), party=FARM)
    await mill.say(made(["urn:x:grain"], ["urn:x:flour"], 10, errorDeclaration=SORRY), party=FARM)
    for node in (farm, mill):
        await node.finish()
    for node in (farm, mill):
        answer = await answer_trace(
            node.knowledge, EVERYONE, TraceQuestion("urn:x:flour", Direction.UPSTREAM)
        )
        assert [item.item for item in answer.items] == ["urn:x:grain"]
        (event,) = answer.events
        assert event.speaker.operator == farm.sealer.own.identity.operator
        assert event.flags == (DISPUTED,)
        before = min(each.known_ms or 0 for each in await farm.graph.facts(["urn:x:flour"]))
        asked = HistoryQuestion("urn:x:flour", known_at=before)
        history = await answer_history(node.knowledge, EVERYONE, asked)
        assert [each.flags for each in history.events] == [()]


async def test_security_a_back_dated_record_of_a_revoked_key(net: Network):
    """Sealed by a creator that does not look: every holder disputes it, and nobody follows it."""
    node, holder = await net.join(), await net.join()
    own = node.sealer.own.identity
    await node.upload(control(Enrol(FARM, FARM_KEY.public), key=own.key, party=own.operator))
    await node.upload(control(Revoke(FARM_KEY.public.kid), key=own.key, party=own.operator))
    header = event_header(FARM_KEY.public, FARM, NETWORK, 1_500_000_000, SALTS(16))
    await force(node, sign(header, made(["urn:x:poison"], ["urn:x:flour"], 10), FARM_KEY))
    await node.finish()
    await replicate(node, holder)
    await holder.index()
    for each in (node, holder):
        answer = await answer_trace(
            each.knowledge, EVERYONE, TraceQuestion("urn:x:flour", Direction.UPSTREAM)
        )
        assert "poison" not in repr(answer)
        assert [dispute.code for dispute in each.disputes] == ["KEY_REVOKED"]


async def test_security_the_token_of_another_party(net: Network):
    """What is for the farm and those that it names is a gap for the mill, whatever node it asks."""
    node, other = await net.join(), await net.join()
    await node.say(begun("urn:x:secret", 1), party=FARM, audience=Audience.PARTIES)
    await node.finish()
    for each in (node, other):
        for party, shown in ((FARM, 1), (MILL, 0), (None, 0)):
            reader = Reader(authenticated=True, roles=frozenset({"interest"}), party=party)
            answer = await answer_history(each.knowledge, reader, HistoryQuestion("urn:x:secret"))
            assert len(answer.events) == shown
            refused = GapReason.ACCESS_REFUSED in {gap.reason for gap in answer.gaps}
            assert refused is (shown == 0)
