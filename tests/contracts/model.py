"""The rules of docs/spec/contract.md without a chain; shares no code with the contract.

Signatures are what they stand for: who signed what, for which domain, in which form. Only trees that were
built here include anything.
"""

from dataclasses import dataclass, field

from tests.contracts import tree
from tests.contracts.world import CREATOR, HOLDER, h

ZERO = bytes(20)
NOTHING = bytes(32)
SEGMENT = 65_536
ENTRIES = [h("entry", number) for number in range(40)]
LEAVES = [tree.leaf(entry) for entry in ENTRIES]


def root_of(size: int) -> bytes:
    """Root of the first entries; past the ones that are kept, some root without a tree."""
    return tree.root(LEAVES[:size]) if 0 < size <= len(LEAVES) else h("root", size)


class Refused(Exception):
    """The rules refuse; its text is the error as `evm.Reverted` has it."""

    def __init__(self, name: str, **said: object) -> None:
        self.name = name
        values = ", ".join(f"{key}={_shown(value)}" for key, value in said.items())
        super().__init__(f"{name}({values})")


def _shown(value: object) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


def refuse(condition: object, name: str, **said: object) -> None:
    """Raise Refused where the condition holds."""
    if condition:
        raise Refused(name, **said)


@dataclass(frozen=True)
class Statement:
    """What a holder signs: the anchor of a log, and the domain that it is for."""

    domain: object
    node: int
    log: bytes
    prev_size: int
    prev_root: bytes
    size: int
    root: bytes


@dataclass(frozen=True)
class Signed:
    """An acknowledgement: handed in under a node's number, made by an account; `sound` if its s is low."""

    node: int
    account: bytes
    statement: Statement
    sound: bool = True


@dataclass
class Node:
    """A node; its account is the one in force."""

    number: int
    operator: int
    account: bytes
    key: bytes
    log: bytes
    roles: int
    active: bool = True
    retired: bool = False


@dataclass
class Model:
    """The state of a network, and one method for each function of the contract that changes it."""

    admin: bytes
    domain: object = "this contract"
    quorum: int = 0
    pending: bytes = ZERO
    operators: list[tuple[str, bool]] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    # Everything that was ever given away.
    accounts: dict[bytes, int] = field(default_factory=dict)
    keys: set[bytes] = field(default_factory=set)
    heads: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    replaced: dict[tuple[int, bytes], bytes] = field(default_factory=dict)

    def enrol_operator(self, caller: bytes, party: str) -> int:
        """The next operator; the second active one raises a quorum of 0."""
        refuse(caller != self.admin, "NotAdmin")
        refuse(not party, "ZeroValue")
        refuse(len(party) > 512, "PartyTooLong")
        refuse((party, True) in self.operators, "PartyTaken")
        self.operators.append((party, True))
        self.quorum = max(self.quorum, self.floor(self.active))
        return len(self.operators)

    def revoke_operator(self, caller: bytes, operator: int) -> None:
        """An operator goes with its nodes, while the quorum allows."""
        refuse(caller != self.admin, "NotAdmin")
        self._must_be_operator(operator)
        self._bounds(self.quorum, self.active - 1)
        self.operators[operator - 1] = (self.operators[operator - 1][0], False)
        for node in self.nodes:
            if node.operator == operator:
                node.active, node.roles = False, 0

    def enrol_node(
        self, caller: bytes, operator: int, account: bytes, key: bytes, log: bytes, roles: int, record: bytes
    ) -> int:
        """The next node of an active operator."""
        refuse(caller != self.admin, "NotAdmin")
        self._must_be_operator(operator)
        refuse(account == ZERO or NOTHING in (key, log) or not record, "ZeroValue")
        refuse(len(record) > 8192, "RecordTooLong")
        refuse(roles > (CREATOR | HOLDER), "BadRoles")
        refuse(account in self.accounts, "AccountTaken")
        refuse(key in self.keys, "KeyTaken")
        refuse(log in {node.log for node in self.nodes}, "LogTaken")
        made = Node(len(self.nodes) + 1, operator, account, key, log, roles)
        self.nodes.append(made)
        self.accounts[account] = made.number
        self.keys.add(key)
        return made.number

    def replace_keys(self, caller: bytes, account: bytes, key: bytes, record: bytes) -> None:
        """A node's new account, key and record; the old ones stay taken."""
        node = self.seat(caller)
        refuse(node is None or not node.active, "NodeNotActive")
        assert node is not None
        refuse(account == ZERO or key == NOTHING or not record, "ZeroValue")
        refuse(len(record) > 8192, "RecordTooLong")
        refuse(account != caller and account in self.accounts, "AccountTaken")
        refuse(key != node.key and key in self.keys, "KeyTaken")
        self.accounts[account] = node.number
        self.keys.add(key)
        node.account, node.key = account, key

    def set_node_roles(self, caller: bytes, number: int, roles: int) -> None:
        """An active node's roles; a retired log's node creates no more."""
        refuse(caller != self.admin, "NotAdmin")
        refuse(roles > (CREATOR | HOLDER), "BadRoles")
        node = self._active(number)
        refuse(node.retired and roles & CREATOR, "LogIsRetired")
        node.roles = roles

    def revoke_node(self, caller: bytes, number: int) -> None:
        """By the admin or by the node itself."""
        seat = self.seat(caller)
        refuse(caller != self.admin and (seat is None or seat.number != number), "NotAdmin")
        node = self._active(number)
        node.active, node.roles = False, 0

    def set_quorum(self, caller: bytes, quorum: int) -> None:
        """Within its bounds."""
        refuse(caller != self.admin, "NotAdmin")
        self._bounds(quorum, self.active)
        self.quorum = quorum

    def propose_admin(self, caller: bytes, account: bytes) -> None:
        """Zero withdraws."""
        refuse(caller != self.admin, "NotAdmin")
        self.pending = account

    def accept_admin(self, caller: bytes) -> None:
        """By the account that was named."""
        refuse(caller != self.pending, "NotPendingAdmin")
        self.admin, self.pending = caller, ZERO

    def anchor(self, caller: bytes, prev: int, size: int, root: bytes, acks: tuple[Signed, ...]) -> None:
        """The caller's next head, with enough other operators' acknowledgements of just this."""
        node = self._creator(caller)
        current, before = self.heads.get(node.number, (0, NOTHING))
        refuse(prev != current, "StaleHead", current=current)
        refuse(size <= prev, "SizeNotGrowing")
        refuse(prev // SEGMENT != (size - 1) // SEGMENT, "CrossesSegment")
        refuse(root == NOTHING, "ZeroRoot")
        refuse(len(acks) < self.quorum, "QuorumNotMet", quorum=self.quorum)
        said = Statement(self.domain, node.number, node.log, prev, before, size, root)
        last = 0
        for ack in acks:
            holder = self._acknowledged(ack, said)
            refuse(self.own(holder, node), "AckOwnOperator", node=ack.node)
            refuse(self.unordered(holder.operator, last), "AckOrder", node=ack.node)
            last = holder.operator
        self.heads[node.number] = (size, root)

    def supersede(
        self, caller: bytes, entry: bytes, replacement: bytes, index: int, path: tuple[bytes, ...]
    ) -> None:
        """Once for each record under the caller's own head."""
        node = self._creator(caller)
        refuse(replacement in (NOTHING, entry), "BadReplacement")
        found = self.replaced.get((node.number, entry))
        refuse(found, "AlreadySuperseded", replacement=found)
        refuse(not self.included(node.number, entry, index, path), "NotIncluded")
        self.replaced[node.number, entry] = replacement

    def retire(self, caller: bytes, size: int) -> None:
        """The caller's log ends at this size; it stays a holder."""
        current, _ = self.heads.get(self.accounts.get(caller, 0), (0, NOTHING))
        refuse(size != current, "StaleHead", current=current)
        node = self.seat(caller)
        refuse(node is None or not node.active, "NodeNotActive")
        assert node is not None
        refuse(node.retired, "LogIsRetired")
        node.retired, node.roles = True, node.roles & HOLDER

    def archive(self, caller: bytes, segment: int, manifest: bytes) -> None:
        """Full segments; of a retired log the last one too."""
        node = self.seat(caller)
        refuse(node is None or not node.active or not (node.roles & CREATOR or node.retired), "NotCreator")
        assert node is not None
        refuse(manifest == NOTHING, "ZeroValue")
        size, _ = self.heads.get(node.number, (0, NOTHING))
        closed = (segment + 1) * SEGMENT <= size or (node.retired and segment * SEGMENT < size)
        refuse(not closed, "SegmentOpen", size=size)

    @property
    def active(self) -> int:
        """Operators that are not revoked."""
        return sum(active for _, active in self.operators)

    def seat(self, account: bytes) -> Node | None:
        """The node that has this account now."""
        return next((node for node in self.nodes if node.account == account), None)

    def floor(self, operators: int) -> int:
        """The lowest quorum."""
        return 1 if operators > 1 else 0

    def own(self, holder: Node, creator: Node) -> bool:
        """Whether a holder is of the creator's company."""
        return holder.operator == creator.operator

    def unordered(self, operator: int, last: int) -> bool:
        """Whether an operator does not come after the last one."""
        return operator <= last

    def signed(self, ack: Signed, said: Statement) -> bool:
        """Whether a signature is one of just this."""
        return ack.sound and ack.statement == said

    def included(self, number: int, entry: bytes, index: int, path: tuple[bytes, ...]) -> bool:
        """Nothing but the very entry with its very path leads to a root."""
        size, root = self.heads.get(number, (0, NOTHING))
        if index >= size or size > len(LEAVES) or root != root_of(size):
            return False
        return entry == ENTRIES[index] and list(path) == tree.path(index, LEAVES[:size])

    def _acknowledged(self, ack: Signed, said: Statement) -> Node:
        """The holder behind a signature; a replaced account has its number still, and no rights."""
        number = self.accounts.get(ack.account, 0) if self.signed(ack, said) else 0
        refuse(number == 0 or ack.node != number, "BadAck", node=ack.node)
        node = self.seat(ack.account)
        refuse(node is None or not node.roles & HOLDER, "AckNotHolder", node=ack.node)
        assert node is not None
        return node

    def _creator(self, caller: bytes) -> Node:
        node = self.seat(caller)
        refuse(node is None or not node.roles & CREATOR, "NotCreator")
        assert node is not None
        return node

    def _active(self, number: int) -> Node:
        known = 0 < number <= len(self.nodes)
        refuse(not known or not self.nodes[number - 1].active, "NodeNotActive")
        return self.nodes[number - 1]

    def _must_be_operator(self, number: int) -> None:
        known = 0 < number <= len(self.operators)
        refuse(not known or not self.operators[number - 1][1], "OperatorNotActive")

    def _bounds(self, quorum: int, operators: int) -> None:
        ceiling = max(1, operators - 2)
        outside = not self.floor(operators) <= quorum <= ceiling
        refuse(outside, "QuorumOutOfBounds", quorum=quorum, operators=operators)
