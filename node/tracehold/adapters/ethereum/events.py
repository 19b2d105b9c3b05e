"""Logs of the contract as what happened."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from tracehold.adapters.ethereum import abi
from tracehold.adapters.ethereum.answers import Log, unhexed
from tracehold.core.ids import Fingerprint, LogId, Root
from tracehold.journey.ports import Role
from tracehold.journey.ports.followed import (
    Anchored,
    Archived,
    Change,
    LogRetired,
    NodeEnrolled,
    NodeReplaced,
    NodeRevoked,
    OperatorEnrolled,
    RolesChanged,
    Superseded,
    What,
)

OF_MEMBERS = ("OperatorEnrolled", "NodeEnrolled", "NodeReplaced", "NodeRolesChanged", "NodeRevoked")

BITS = {1: Role.CREATOR, 2: Role.HOLDER}


def roles_of(bits: int) -> frozenset[Role]:
    """Role bits of the contract as roles."""
    return frozenset(role for bit, role in BITS.items() if bits & bit)


def change_of(log: Log, time: int) -> Change:
    """What a log of one of `EVENTS` says, in a block of that time. Raises KeyError or ValueError where it is
    none.
    """
    event = _names()[log.topics[0]]
    what = _MAKERS[event](abi.decode_event(event, log.topics, log.data), log.tx_hash)
    return Change(log.block_number, log.block_hash, time, log.index, what)


@cache
def _names() -> Mapping[bytes, str]:
    return {abi.topic(event): event for event in EVENTS}


_MAKERS: Mapping[str, Callable[[Mapping[str, Any], bytes], What]] = {
    "OperatorEnrolled": lambda told, _: OperatorEnrolled(told["operator"], told["party"]),
    "NodeEnrolled": lambda told, _: NodeEnrolled(
        told["node"],
        told["operator"],
        unhexed(told["account"]),
        told["nodeKey"],
        LogId(told["log"]),
        roles_of(told["roles"]),
        told["record"],
    ),
    "NodeReplaced": lambda told, _: NodeReplaced(
        told["node"], unhexed(told["account"]), told["nodeKey"], told["record"]
    ),
    "NodeRolesChanged": lambda told, _: RolesChanged(told["node"], roles_of(told["roles"])),
    "NodeRevoked": lambda told, _: NodeRevoked(told["node"]),
    "Anchored": lambda told, tx_hash: Anchored(
        told["node"], told["prevSize"], told["size"], Root(told["root"]), tuple(told["ackers"]), tx_hash
    ),
    "Superseded": lambda told, _: Superseded(
        told["node"], Fingerprint(told["fingerprint"]), Fingerprint(told["replacement"])
    ),
    "LogRetired": lambda told, _: LogRetired(told["node"], told["size"], told["root"]),
    "Archived": lambda told, _: Archived(told["node"], told["segment"], told["manifest"]),
}

EVENTS = tuple(_MAKERS)
"""Those that are followed."""
