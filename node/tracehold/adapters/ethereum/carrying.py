"""Carrying the members of a contract over to its successor, under the same numbers.

What names a node by its number (copies, custody, acknowledgements) goes on meaning it, so those that were
revoked are enrolled too, and revoked. Each is enrolled with the account, key, record and roles that it has
now; who retired its log comes without CREATOR. What is there already is left as it is, so a run that was
interrupted is repeated; who is another there than on the predecessor is named.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tracehold.adapters.ethereum.admin import Admin, NewNode
from tracehold.adapters.ethereum.answers import hexed
from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.ethereum.contract import AnchorsContract
from tracehold.adapters.ethereum.events import change_of
from tracehold.adapters.ethereum.members import MemberReader
from tracehold.core.errors import Rejected
from tracehold.journey.ports import Member
from tracehold.journey.ports.followed import NodeEnrolled, OperatorEnrolled

Tell = Callable[[int, int], None]
"""Told (steps done, steps in all)."""


@dataclass(slots=True)
class Carried:
    """How many there are, how many transactions this run took, and how nodes that were there before it differ
    from what they are on the predecessor.
    """

    predecessor: bytes
    operators: int
    nodes: int
    quorum: int
    made: int = 0
    differ: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Told:
    """What a contract says of its members: enrolments in order, and nodes by number."""

    contract: AnchorsContract
    enrolments: Sequence[OperatorEnrolled | NodeEnrolled]
    nodes: Mapping[int, Member]
    parties: Mapping[int, str] = field(default_factory=dict)

    async def quorum(self) -> int:
        """The quorum now."""
        (found,) = await self.contract.call("quorum")
        return int(found)

    async def alone(self) -> bool:
        """Whether one operator is active, or none."""
        (found,) = await self.contract.call("activeOperators")
        return int(found) < 2

    async def active(self, operator: int) -> bool:
        """Whether an operator is active."""
        ((_, found),) = await self.contract.call("operatorAt", operator)
        return bool(found)


async def carry_over(client: Client, admin: Admin, contract: bytes, tell: Tell) -> Carried:
    """Bring the members of its predecessor into a contract. Raises `Rejected` BAD_REQUEST where it names
    none, CONFLICT where somebody else stands under a number, and what `Admin` raises.
    """
    before = await AnchorsContract(client, contract).predecessor()
    if not before:
        raise Rejected(
            "BAD_REQUEST", f"the contract {hexed(contract)} names no predecessor", path="ledger.contract",
            remedy="Deploy the successor first: tracehold contract deploy --predecessor ADDRESS.",
        )  # fmt: skip
    old, new = await _read(client, before), await _read(client, contract)
    run = _Run(admin, old, new, Carried(before, len(old.parties), len(old.nodes), 0))
    total = len(old.enrolments)
    for done, enrolment in enumerate(old.enrolments):
        tell(done, total)
        await (run.operator(enrolment) if isinstance(enrolment, OperatorEnrolled) else run.node(enrolment))
    await run.revoke()
    await run.quorum()
    tell(total, total)
    return run.carried


async def _read(client: Client, address: bytes) -> _Told:
    contract, height = AnchorsContract(client, address), await client.height()
    logs = await contract.logs(("OperatorEnrolled", "NodeEnrolled"), 0, height)
    with client.reading("eth_getLogs"):
        told = [change_of(log, 0).what for log in logs]
    enrolments = [what for what in told if isinstance(what, OperatorEnrolled | NodeEnrolled)]
    nodes = {member.number: member for member in await MemberReader(contract, 0).read(height, height)}
    parties = {what.operator: what.party for what in enrolments if isinstance(what, OperatorEnrolled)}
    return _Told(contract, enrolments, nodes, parties)


@dataclass(slots=True)
class _Run:
    """One run. `new` is as it was at its beginning."""

    admin: Admin
    old: _Told
    new: _Told
    carried: Carried

    @property
    def _to(self) -> bytes:
        return self.new.contract.address

    async def operator(self, enrolled: OperatorEnrolled) -> None:
        """Enrol an operator that is not there."""
        number, party = enrolled.operator, enrolled.party
        if number in self.new.parties:
            _same(f"operator {number}", self.new.parties[number], party)
            return
        # A party that returned after its revocation has a new number, which only one may have at a time.
        before = await self.admin.operator_of(self._to, party)
        if before and await self.new.active(before):
            await self.admin.revoke_operator(self._to, before)
            self.carried.made += 1
        _same(f"operator {number}", await self.admin.enrol_operator(self._to, party), number)
        self.carried.made += 1

    async def node(self, enrolled: NodeEnrolled) -> None:
        """Enrol a node that is not there, as it is now."""
        node = self.old.nodes[enrolled.node]
        if node.number in self.new.nodes:
            there = self.new.nodes[node.number]
            _same(f"node {node.number}", there.log.hex(), node.log.hex())
            if node.active and (changed := _changed(node, there)):
                self.carried.differ.append(f"node {node.number}: other {', '.join(changed)}")
            return
        made = NewNode(
            node.operator_number, node.account, node.node_key, node.log, tuple(node.roles), node.record
        )
        _same(f"node {node.number}", await self.admin.enrol_node(self._to, made), node.number)
        self.carried.made += 1

    async def revoke(self) -> None:
        """Revoke who is revoked there."""
        for operator in self.old.parties:
            if not await self.old.active(operator) and await self.new.active(operator):
                await self.admin.revoke_operator(self._to, operator)
                self.carried.made += 1
        for number, node in self.old.nodes.items():
            ((*_, active, _, _, _),) = await self.new.contract.call("nodeAt", number)
            if not node.active and active:
                await self.admin.revoke_node(self._to, number)
                self.carried.made += 1

    async def quorum(self) -> None:
        """Ask for as many acknowledgements as the predecessor does; more that the admin asks for stay."""
        wanted, now = await self.old.quorum(), await self.new.quorum()
        # Back at one operator the quorum may be 0. Here its enrolment beside one that is revoked since made
        # it 1, which nobody is left to meet.
        if now < wanted or (wanted == 0 < now and await self.new.alone()):
            await self.admin.set_quorum(self._to, wanted)
            self.carried.made += 1
            now = wanted
        self.carried.quorum = now


def _changed(old: Member, new: Member) -> list[str]:
    """In what an active node is another one on the successor."""
    pairs = {
        "account": (old.account, new.account),
        "key": (old.node_key, new.node_key),
        "record": (old.record, new.record),
        "roles": (old.roles, new.roles),
        "membership": (old.active, new.active),
    }
    return [name for name, (before, after) in pairs.items() if before != after]


def _same(who: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise Rejected(
            "CONFLICT", f"the successor has {found} as {who}, the predecessor {wanted}",
            remedy="Members are carried over to a new contract before anybody else is enrolled there.",
        )  # fmt: skip
