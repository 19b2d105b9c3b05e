"""Who is enrolled, from the contract's events: they tell everything, in order, and carry
texts and records that storage has only as hashes.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tracehold.adapters.ethereum import abi
from tracehold.adapters.ethereum.answers import unhexed
from tracehold.adapters.ethereum.contract import AnchorsContract
from tracehold.core.ids import LogId
from tracehold.journey.ports import Member, Role

EVENTS = ("OperatorEnrolled", "NodeEnrolled", "NodeReplaced", "NodeRolesChanged", "NodeRevoked")
BITS = {1: Role.CREATOR, 2: Role.HOLDER}


@dataclass
class Directory:
    """Members after some events. Revoking an operator emits NodeRevoked for each of its nodes."""

    parties: dict[int, str] = field(default_factory=dict)
    nodes: dict[int, Member] = field(default_factory=dict)

    def copy(self) -> "Directory":
        """One that can grow apart."""
        return Directory(dict(self.parties), dict(self.nodes))

    def apply(self, event: str, values: Mapping[str, Any], block: int) -> None:
        """Take in the next event, of this block. Raises KeyError where it speaks of what was never
        enrolled.
        """
        match event:
            case "OperatorEnrolled":
                self.parties[values["operator"]] = values["party"]
            case "NodeEnrolled":
                self.nodes[values["node"]] = self._member(values)
            case "NodeReplaced":
                self._replace(values, block)
            case "NodeRolesChanged":
                self._change(values["node"], roles=roles_of(values["roles"]))
            case "NodeRevoked":
                self._change(values["node"], roles=frozenset(), active=False)

    def _member(self, values: Mapping[str, Any]) -> Member:
        return Member(
            number=values["node"],
            operator_number=values["operator"],
            operator=self.parties[values["operator"]],
            account=unhexed(values["account"]),
            node_key=values["nodeKey"],
            log=LogId(values["log"]),
            roles=roles_of(values["roles"]),
            active=True,
            record=values["record"],
        )

    def _replace(self, values: Mapping[str, Any], block: int) -> None:
        old = self.nodes[values["node"]]
        ended = ((block, old.node_key),) if old.node_key != values["nodeKey"] else ()
        account = unhexed(values["account"])
        self._change(
            old.number,
            account=account,
            node_key=values["nodeKey"],
            record=values["record"],
            replaced=old.replaced + ended,
        )

    def _change(self, node: int, **changes: Any) -> None:
        self.nodes[node] = replace(self.nodes[node], **changes)


def roles_of(bits: int) -> frozenset[Role]:
    """Role bits of the contract as roles."""
    return frozenset(role for bit, role in BITS.items() if bits & bit)


class MemberReader:
    """Reads the events once up to the final block, and those after it each time: they may still be undone."""

    def __init__(self, contract: AnchorsContract, first_block: int) -> None:
        self._contract = contract
        self._next = first_block
        self._final = Directory()
        self._lock = asyncio.Lock()

    async def read(self, final: int, height: int | None) -> Sequence[Member]:
        """Members at block `height`, by number; `final` is the newest final block, and None stands for that.
        Raises CHAIN_DOWN, also where the chain's node lacks old logs.
        """
        async with self._lock:
            await self._grow(final)
            newest = self._final.copy()
            if height is not None:
                await self._extend(newest, self._next, height)
        (count,) = await self._contract.call("nodeCount")
        if height is not None and len(newest.nodes) < count:
            raise self._contract.client.down("lacks logs of enrolments: it was pruned, or is still indexing")
        return [newest.nodes[number] for number in sorted(newest.nodes)]

    async def _grow(self, final: int) -> None:
        if final >= self._next:
            grown = self._final.copy()
            await self._extend(grown, self._next, final)
            self._final, self._next = grown, final + 1

    async def _extend(self, directory: Directory, first: int, last: int) -> None:
        names = {abi.topic(event): event for event in EVENTS}
        logs = await self._contract.logs(EVENTS, first, last)
        with self._contract.client.reading("eth_getLogs"):
            for log in logs:
                event = names[log.topics[0]]
                directory.apply(event, abi.decode_event(event, log.topics, log.data), log.block_number)
