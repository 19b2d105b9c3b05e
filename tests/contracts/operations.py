"""Random operations, right and wrong ones, done both to the contract and to the model of its rules."""

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

from coincurve import PrivateKey

from tests.contracts import tree
from tests.contracts.evm import Deployed, Evm, Reverted
from tests.contracts.model import (
    ENTRIES,
    LEAVES,
    NOTHING,
    SEGMENT,
    ZERO,
    Model,
    Node,
    Refused,
    Signed,
    Statement,
    root_of,
)
from tests.contracts.world import ADMIN, HOLDER, NETWORK, STRANGER, h
from tracehold.adapters.ethereum import acks
from tracehold.core.acknowledgement import Ack, Domain

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
KEYS = {acks.address_of(key.public_key): key for key in (PrivateKey(h("key", n)) for n in range(20))}
ACCOUNTS = list(KEYS)
NOBODY = Node(0, 0, ZERO, NOTHING, NOTHING, 0)
OPERATIONS = {
    "anchor": 9,
    "forge": 4,
    "replay": 4,
    "anchor_amiss": 3,
    "supersede": 6,
    "enrol_operator": 2,
    "enrol_node": 4,
    "set_roles": 3,
    "replace_keys": 4,
    "set_quorum": 3,
    "revoke_operator": 2,
    "revoke_node": 1,
    "hand_over": 2,
    "accept_admin": 2,
    "retire": 2,
    "archive": 3,
}


class Difference(AssertionError):
    """The contract and the model disagree."""


class Operations:
    """A network of five companies, and what is done to it; everything follows from the seed."""

    def __init__(self, seed: int, judge: type[Model] = Model) -> None:
        self.random = Random(seed)
        self.contract = Deployed.create(Evm(), ADMIN, NETWORK, ADMIN, 0)
        _, _, _, chain_id, address, salt, _ = self.contract.read("eip712Domain")
        self.here = Domain(chain_id, bytes.fromhex(address[2:]), salt)
        self.model = judge(ADMIN, self.here)
        self.given: list[Signed] = []
        self.verdicts: Counter[tuple[str, str]] = Counter()
        for n in range(1, 6):
            self.both("enrolOperator", ADMIN, f"urn:company:{n}")
            self.both("enrolNode", ADMIN, n, ACCOUNTS[n], h("node key", n), h("log", n), 3, b"record")

    def run(self, count: int) -> None:
        """So many operations, then all that the contract shows. Raises Difference."""
        for name in self.random.choices(list(OPERATIONS), list(OPERATIONS.values()), k=count):
            getattr(self, name)()
        self.compare()

    def both(self, function: str, caller: bytes, *arguments: Any) -> None:
        """Do it twice and compare what it returns, or the error with its values. Raises Difference."""
        try:
            expected = str(getattr(self.model, in_snake_case(function))(caller, *arguments))
            self.verdicts[function, "taken"] += 1
        except Refused as refused:
            expected = str(refused)
            self.verdicts[function, refused.name] += 1
        if function == "anchor":
            arguments = (*arguments[:-1], [bytes_of(ack) for ack in arguments[-1]])
        try:
            output = self.contract.send(caller, function, *arguments).output
            found = str(int.from_bytes(output)) if output else "None"
        except Reverted as reverted:
            found = reverted.text
        if found != expected:
            raise Difference(f"{function}: the contract says {found}, the model {expected}: {arguments}")

    def likely(self, value: Any, *others: Any, of: int = 8) -> Any:
        """The value, or once in `of` times one of the others."""
        return self.random.choice(others) if self.random.randrange(of) == 0 else value

    @property
    def admin(self) -> bytes:
        """Mostly the admin."""
        return self.likely(self.model.admin, ADMIN, STRANGER, *ACCOUNTS[:4], of=6)

    @property
    def caller(self) -> bytes:
        """Mostly the account in force of a node that is active."""
        active = [node.account for node in self.model.nodes if node.active] or [STRANGER]
        return self.likely(self.random.choice(active), STRANGER, *self.model.accounts)

    def number(self, count: int) -> int:
        """A number that was given, or one next to them."""
        return self.random.randint(0, count + 1)

    def node(self, account: bytes) -> Node:
        """Who calls."""
        return self.model.seat(account) or NOBODY

    def head(self, node: Node) -> tuple[int, bytes]:
        """Size and root, as the model has them."""
        return self.model.heads.get(node.number, (0, NOTHING))

    def enrol_operator(self) -> None:
        """A party that is new, known, missing, or long."""
        party = f"urn:company:{self.random.randrange(12)}"
        self.both("enrolOperator", self.admin, self.likely(party, "", "x" * 512, "x" * 513))

    def revoke_operator(self) -> None:
        """Any of them."""
        self.both("revokeOperator", self.admin, self.number(len(self.model.operators)))

    def enrol_node(self) -> None:
        """Accounts, keys and logs run out, so that some are taken."""
        account = self.likely(self.random.choice(ACCOUNTS), ZERO, of=20)
        key = self.likely(h("node key", self.random.randrange(40)), NOTHING, of=20)
        log = self.likely(h("log", self.random.randrange(30)), NOTHING, of=20)
        roles, record = (
            self.likely(3, 0, 1, 2, 4, of=3),
            self.likely(b"record", b"", bytes(8192), bytes(8193), of=4),
        )
        operator = self.number(len(self.model.operators))
        self.both("enrolNode", self.admin, operator, account, key, log, roles, record)

    def replace_keys(self) -> None:
        """An account, a key, a record, or some of them."""
        caller = self.caller
        account = self.likely(caller, ZERO, *ACCOUNTS, of=2)
        key = self.likely(self.node(caller).key, NOTHING, *(h("node key", n) for n in range(40)), of=2)
        self.both(
            "replaceKeys", caller, account, key, self.likely(b"record", b"", bytes(8192), bytes(8193), of=4)
        )

    def set_roles(self) -> None:
        """Any node's, to any roles."""
        number = self.number(len(self.model.nodes))
        self.both("setNodeRoles", self.admin, number, self.likely(3, 0, 1, 2, 4, of=2))

    def revoke_node(self) -> None:
        """By the admin or by a node, mostly itself."""
        caller = self.likely(self.caller, self.admin, of=2)
        self.both("revokeNode", caller, self.likely(self.node(caller).number, *range(9), of=2))

    def set_quorum(self) -> None:
        """Within the bounds or not."""
        self.both("setQuorum", self.admin, self.random.randint(0, 4))

    def hand_over(self) -> None:
        """To somebody, or to nobody."""
        self.both("proposeAdmin", self.admin, self.random.choice([ZERO, ADMIN, STRANGER]))

    def accept_admin(self) -> None:
        """Mostly by the account that was named."""
        pending = self.model.pending if self.model.pending != ZERO else STRANGER
        self.both("acceptAdmin", self.likely(pending, ADMIN, *ACCOUNTS[:3], of=3))

    def anchor(self) -> None:
        """As it should be, if caller and holders are."""
        caller = self.caller
        said = self.next(self.node(caller))
        self.send(caller, said, self.signed(self.node(caller), said))

    def forge(self) -> None:
        """One acknowledgement is of something else, for elsewhere, with a high s, or another node's."""
        caller = self.caller
        said = self.next(self.node(caller))
        given = self.signed(self.node(caller), said)
        if given:
            at = self.random.randrange(len(given))
            given[at] = self.random.choice(forgeries(given[at]))
        self.send(caller, said, given)

    def replay(self) -> None:
        """An acknowledgement that was used before, by its creator or by somebody else."""
        if self.given:
            ack = self.random.choice(self.given)
            caller = self.likely(self.model.nodes[ack.statement.node - 1].account, self.caller, of=3)
            prev, before = self.head(self.node(caller))
            said = replace(ack.statement, prev_size=prev, prev_root=before)
            self.send(caller, replace(said, size=max(said.size, prev + 1)), [ack])

    def anchor_amiss(self) -> None:
        """A wrong start, an end that is not larger, a root that is zero."""
        caller = self.caller
        said = self.next(self.node(caller))
        end = self.random.randint(0, said.prev_size)
        start = self.random.choice([said.prev_size + 1, 2**64 - 1, 0])
        changes: list[dict[str, Any]] = [{"prev_size": start}, {"size": end}, {"root": NOTHING}]
        self.send(caller, replace(said, **self.random.choice(changes)), [])

    def next(self, node: Node) -> Statement:
        """What holders sign for a node's next anchor: some entries more, to a segment's end, or past it."""
        prev, before = self.head(node)
        end = (prev // SEGMENT + 1) * SEGMENT
        size = self.likely(prev + self.random.randint(1, 3), end, end + 1, end + 7)
        return Statement(self.here, node.number, node.log, prev, before, size, root_of(size))

    def signed(self, creator: Node, said: Statement) -> list[Signed]:
        """Signatures of this by one holder each of other operators; sometimes by anybody, by old accounts."""
        fit = [n for n in self.model.nodes if n.roles & HOLDER and n.operator != creator.operator]
        first = {n.operator: n for n in self.random.sample(fit, len(fit))}
        chosen = [first[operator] for operator in sorted(first)][: max(1, self.model.quorum)]
        anybody = self.random.choices(self.model.nodes, k=self.random.randint(0, 3))
        chosen = self.likely(chosen, anybody, of=3)
        old = {number: account for account, number in reversed(self.model.accounts.items())}
        return [Signed(n.number, self.likely(n.account, old[n.number]), said) for n in chosen]

    def send(self, caller: bytes, said: Statement, given: list[Signed]) -> None:
        """Send an anchor, and keep its acknowledgements for replays."""
        self.given += [ack for ack in given if 0 < ack.statement.node <= len(self.model.nodes)]
        self.both("anchor", caller, said.prev_size, said.size, said.root, tuple(given))

    def supersede(self) -> None:
        """A record under the caller's head, with its path or a damaged one."""
        caller = self.caller
        size, _ = self.head(self.node(caller))
        size = size if 0 < size <= len(LEAVES) else 7
        index = self.random.randrange(min(size, 4))
        path = tree.path(index, LEAVES[:size])
        entry, replacement = ENTRIES[index], self.likely(h("new", index), NOTHING, ENTRIES[index], of=6)
        changed = [
            (entry, replacement, index + 1, path),
            (ENTRIES[index + 1], replacement, index, path),
            (entry, replacement, index, [*path, NOTHING]),
            (entry, replacement, index, path[:-1] or [NOTHING]),
            (entry, replacement, index, path[::-1]),
        ]
        *rest, siblings = self.likely((entry, replacement, index, path), *changed, of=3)
        self.both("supersede", caller, *rest, tuple(siblings))

    def retire(self) -> None:
        """Some a second time."""
        again = [node.account for node in self.model.nodes if node.retired]
        caller = self.likely(self.caller, *(again or [STRANGER]), of=3)
        number = self.model.accounts.get(caller, 0)
        size, _ = self.model.heads.get(number, (0, NOTHING))
        self.both("retire", caller, self.likely(size, size + 1, 0, of=3))

    def archive(self) -> None:
        """An open segment or a closed one."""
        self.both("archive", self.caller, self.random.randint(0, 1), self.likely(h("manifest"), NOTHING))

    def compare(self) -> None:
        """All that the contract shows is what the model has. Raises Difference."""
        model, read = self.model, self.contract.read
        names = ("admin", "pendingAdmin", "quorum", "operatorCount", "activeOperators", "nodeCount")
        counts = (model.quorum, len(model.operators), model.active, len(model.nodes))
        pairs: list[tuple[Any, Any]] = [
            (tuple(map(read, names)), (shown(model.admin), shown(model.pending), *counts))
        ]
        for node in model.nodes:
            kept = (node.operator, shown(node.account), node.roles, node.active, node.key, node.log)
            pairs.append((read("nodeAt", node.number)[:6], kept))
            pairs.append((read("headOf", node.number)[1::-1], self.head(node)))
            pairs.append((read("retiredOf", node.number), node.retired))
        pairs += [(read("statusOf", *key), found) for key, found in model.replaced.items()]
        pairs += [(read("nodeOf", account), number) for account, number in model.accounts.items()]
        for found, expected in pairs:
            if found != expected:
                raise Difference(f"the contract has {found}, the model {expected}")


def in_snake_case(function: str) -> str:
    """The model's name of a function of the contract."""
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in function)


def shown(account: bytes) -> str:
    """An account as the ABI's reader has it."""
    return "0x" + account.hex()


def bytes_of(ack: Signed) -> tuple[int, bytes, bytes]:
    """An acknowledgement as the contract takes it; one that is not sound is the twin with a high s."""
    s = ack.statement
    assert isinstance(s.domain, Domain)
    digest = Ack(s.node, s.log, s.prev_size, s.prev_root, s.size, s.root).digest(s.domain)
    made = acks.sign(digest, KEYS[ack.account])
    r, vs = made[:32], int.from_bytes(made[32:])
    if not ack.sound:
        parity, low = divmod(vs, 2**255)
        high = ORDER - low
        vs = (1 - parity) * 2**255 + high if high < 2**255 else vs | 2**255 - 1
    return ack.node, r, vs.to_bytes(32)


def forgeries(ack: Signed) -> list[Signed]:
    """What it must not pass for."""
    said, here = ack.statement, ack.statement.domain
    assert isinstance(here, Domain)
    domains = [
        replace(here, chain_id=1),
        replace(here, contract=b"\xc0" * 20),
        replace(here, salt=h("another salt")),
    ]
    changes: list[dict[str, Any]] = [
        {"node": said.node + 1},
        {"log": h("another log")},
        {"prev_size": said.prev_size + 1},
        {"prev_root": h("a fork")},
        {"size": said.size + 1},
        {"root": h("another tree")},
        *({"domain": domain} for domain in domains),
    ]
    elsewhere = [replace(ack, statement=replace(said, **change)) for change in changes]
    twins = [replace(ack, sound=False)] * 3
    return [*elsewhere, *twins, replace(ack, node=ack.node + 1), replace(ack, node=0)]
