"""How the upkeep of copies stands, in the lines of `tracehold status`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracehold.cli.chain_lines import chain_lines

if TYPE_CHECKING:
    from tracehold.v1 import verify_pb2


def upkeep_lines(answer: "verify_pb2.GetStatusResponse") -> Iterator[str]:
    """The chain and its follower, repairs, members that are silent or leave, damage, and leaving."""
    if answer.HasField("follower"):
        yield f"chain: {_follower(answer.follower)}"
    if answer.HasField("chain"):
        yield from chain_lines(answer.chain)
    for repair in answer.repairs:
        yield f"repair: {_repair(repair)}"
    for member in answer.members:
        if state := _member(member):
            yield f"member: node {member.node} ({member.operator}) {state}"
    if answer.HasField("scrub"):
        yield f"scrub: {_scrub(answer.scrub)}"
    if answer.HasField("draining"):
        yield f"leaving: {_drain(answer.draining)}"


def _follower(follower: "verify_pb2.Follower") -> str:
    if not follower.hash:
        return "nothing of the contract's events was read yet"
    told = [f"followed to block {follower.block} ({follower.hash[:8]})"]
    if follower.behind:
        told.append(f"{follower.behind} BEHIND")
    if follower.undone:
        told.append(f"{follower.undone} reorganisations undone since the start")
    return ", ".join(told)


def _repair(repair: "verify_pb2.Repair") -> str:
    share = 100 * repair.done_entries // repair.entries if repair.entries else 100
    return (
        f"segment {repair.segment} of {repair.log[:8]} "
        f"from node {repair.from_node} to node {repair.to_node}, "
        f"{repair.done_entries} of {repair.entries} entries ({share} %)"
    )


def _member(member: "verify_pb2.MemberStanding") -> str:
    from tracehold.v1 import verify_pb2

    told = []
    if member.health in (verify_pb2.HEALTH_SUSPECT, verify_pb2.HEALTH_LOST):
        word = "SUSPECT" if member.health == verify_pb2.HEALTH_SUSPECT else "LOST"
        told.append(f"{word}, silent for {member.silent_s:.0f} s")
    if member.draining:
        told.append("leaves")
    return ", ".join(told)


def _scrub(scrub: "verify_pb2.Scrub") -> str:
    told = []
    if scrub.HasField("pass_started_at"):
        told.append(f"{scrub.done_entries} of {scrub.entries} entries read")
    if scrub.HasField("last_whole_pass_at"):
        told.append(f"last whole pass {scrub.last_whole_pass_at.ToJsonString()}")
    if scrub.bad:
        told.append(f"{scrub.bad} DAMAGED")
    if scrub.mended:
        told.append(f"{scrub.mended} mended")
    return ", ".join(told) or "nothing read yet"


def _drain(drain: "verify_pb2.Drain") -> str:
    if drain.revoked:
        return "this node has left: it is revoked on the contract, and the members answer it no more"
    if drain.done:
        return "everything is handed over; the node may be stopped"
    return (
        f"{drain.left_segments} of {drain.segments} segments and {drain.left_entries} own entries "
        "are to be handed over"
    )
