"""Security: peers that lie. Nothing that they make up is followed, and they cannot fill an answer."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.journey.bread import WHOLE, names, net, pair, trace
from tests.journey.network import Node, made
from tests.journey.scene import NETWORK, SALTS, START
from tracehold.adapters.memory.peers import MemoryLine
from tracehold.core.ids import LogId
from tracehold.core.lineage import GapReason
from tracehold.core.record import event_header, sign
from tracehold.journey.ports import Expansion, Found

__all__ = ["net", "pair"]


def lying(node: Node, lie: Callable[[Found], Found]) -> None:
    """The node's peer changes every record that it hands over."""
    node.peer.tell = lambda answer: Expansion([lie(found) for found in answer.records], answer.coverage)


def another(payload: bytes, node: Node) -> bytes:
    """A record that the node's own key signs, and that stands in no log."""
    key = node.sealer.own.identity.key
    return sign(event_header(key.public, "urn:x:party", NETWORK, int(START), SALTS(16)), payload, key)


INVENTED = made(["urn:x:poison"], ["urn:x:flour"], 20)


def with_parts(found: Found, **parts: Any) -> Found:
    """The same place, with other parts of the evidence."""
    return replace(found, evidence=replace(found.evidence, **parts))


LIES: dict[str, Callable[[Node], Callable[[Found], Found]]] = {
    "another record": lambda n: lambda f: with_parts(f, record=another(INVENTED, n)),
    "a byte of the record changed": lambda n: (
        lambda f: with_parts(f, record=f.raw[:-1] + bytes([f.raw[-1] ^ 1]))
    ),
    "another index": lambda n: lambda f: replace(f, index=f.index + 1),
    "another log": lambda n: lambda f: replace(f, log=LogId(bytes(32))),
    "no receipt": lambda n: lambda f: with_parts(f, receipt=b""),
    "junk for a receipt": lambda n: lambda f: with_parts(f, receipt=b"\x00" * 99),
    "junk for a record": lambda n: lambda f: with_parts(f, record=b"junk"),
    "a receipt cut short": lambda n: lambda f: with_parts(f, receipt=f.evidence.receipt[:-9]),
    "no control records": lambda n: lambda f: with_parts(f, controls=()),
    "junk for control records": lambda n: lambda f: with_parts(f, controls=((b"junk", b"\xff"),)),
}


@pytest.mark.parametrize("lie", LIES)
async def test_security_a_lying_peer_does_not_steer(pair, lie):
    """Nothing that it invents is followed; what is known here is answered; the lie is a gap and a fault."""
    here, there = pair
    lying(there, LIES[lie](there))
    answer = await trace(here)
    assert names(answer) == ["urn:x:flour", "urn:x:water"]
    assert "poison" not in repr(answer)
    assert GapReason.PROOF_FAILED in {gap.reason for gap in answer.gaps}
    assert not any("poison" in item for asked in there.peer.asked for item in asked)
    assert here.faults


async def test_security_a_log_that_no_member_has_proves_nothing(net, pair):
    """Whole, signed, sealed in a log that somebody made up: not on the contract, so not believed."""
    here, _ = pair
    stranger = await net.join(listed=False)
    await stranger.say(INVENTED)
    await stranger.index()
    answer = await trace(here)
    assert names(answer) == WHOLE
    assert GapReason.PROOF_FAILED in {gap.reason for gap in answer.gaps}


async def test_security_a_borrowed_operator_is_not_believed(pair):
    """A member's log whose header names another company than the contract does: its word is nobody's."""
    here, there = pair
    members = here.network.chain.members
    at = next(place for place, member in enumerate(members) if member.log == there.log)
    members[at] = replace(members[at], operator="https://id.gs1.org/417/9521999999996")
    answer = await trace(here)
    assert names(answer) != WHOLE
    assert GapReason.PROOF_FAILED in {gap.reason for gap in answer.gaps}


async def test_security_irrelevant_records_of_a_peer_are_not_taken(pair):
    """True records that nobody asked for do not enter: a peer cannot fill an answer."""
    here, there = pair
    await there.say(made(["urn:x:iron"], ["urn:x:nail"], 5))
    await there.finish()
    extra = (await MemoryLine(there.peer).expand(["urn:x:nail"])).records
    there.peer.tell = lambda answer: Expansion([*answer.records, *extra], answer.coverage)
    answer = await trace(here)
    assert names(answer) == WHOLE
    assert "iron" not in repr(answer)
