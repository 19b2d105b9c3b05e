"""What a lab is to be, decided once and kept: starting it again gives the same network at the same
addresses.
"""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from tracehold.core.custody import EPOCH_S
from tracehold.core.errors import Broken, Rejected
from tracehold.lab.companies import MOST, companies

CHAIN = "chain"
"""Name of the chain's process, beside the names of the nodes."""
CHAIN_ID = 7447
"""EIP-155 chain id of every lab; what tells labs apart is the network id in their contracts."""
BACKENDS = ("embedded", "real")
"""What a lab may run on: what comes with pip, or the servers that `make services` builds."""
TARGET = 3
PORTS_OF_A_NODE = 3
LEAST_EPOCH_S = 10
"""Seconds of the shortest epoch of audits: a custody record must be anchored within a quarter of it."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One node and its operator. Its tokens: `capture_token` sends for the operator, `read_token` reads
    all. `seed` is the peer address through which it comes into the directory; empty: through any member.
    """

    name: str
    operator: str
    grpc_port: int
    rest_port: int
    peer_port: int
    capture_token: str
    read_token: str
    seed: str = ""

    @property
    def grpc(self) -> str:
        """Address of gRPC."""
        return f"127.0.0.1:{self.grpc_port}"

    @property
    def rest(self) -> str:
        """Address of REST."""
        return f"http://127.0.0.1:{self.rest_port}"

    @property
    def peer(self) -> str:
        """Address for the other nodes."""
        return f"127.0.0.1:{self.peer_port}"


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole network. `target` counts copies, the creator's own included; `block_s` are the seconds
    between blocks, 0 for a chain that seals whenever there is work; `contract` is empty until it stands, and
    `enrolled` counts the nodes, the first ones, that are members. `backends` is one of `BACKENDS`; ports of
    a real chain are its own affair, so `chain_port` is right once it was started. `audits_s` are the seconds
    of an epoch of audits, 0 for none.
    """

    seats: tuple[Seat, ...]
    chain_port: int
    target: int
    block_s: float = 0.0
    contract: str = ""
    enrolled: int = 0
    backends: str = BACKENDS[0]
    audits_s: int = 0

    @property
    def rpc(self) -> str:
        """JSON-RPC address of the chain."""
        return f"http://127.0.0.1:{self.chain_port}"

    @property
    def built(self) -> bool:
        """Whether every node is a member."""
        return self.enrolled == len(self.seats)

    @property
    def quorum(self) -> int:
        """Acknowledgements that an anchor needs."""
        return quorum_of(len(self.seats), self.target)

    def seat(self, name: str) -> Seat:
        """The node of this name. Raises NOT_FOUND."""
        for seat in self.seats:
            if seat.name == name:
                return seat
        names = ", ".join(seat.name for seat in self.seats)
        raise Rejected("NOT_FOUND", f"no node is named {name}", path="name", remedy=f"Use one of {names}.")


def ports_needed(nodes: int) -> int:
    """Ports of a lab with so many nodes: one for the chain, three for each node."""
    return 1 + PORTS_OF_A_NODE * nodes


def new_plan(
    nodes: int,
    replicas: int | None,
    ports: Sequence[int],
    block_s: float = 0.0,
    backends: str = BACKENDS[0],
    audits_s: int = 0,
) -> Plan:
    """A network of so many companies on these ports (`ports_needed`). With audits its chain makes a block a
    second unless `block_s` says otherwise: they rest on the clock of the chain.

    Raises BAD_REQUEST for a number of nodes or replicas, or an epoch, that cannot be.
    """
    if not 1 <= nodes <= MOST:
        raise Rejected("BAD_REQUEST", f"a lab has 1 to {MOST} nodes", path="nodes")
    if audits_s and not LEAST_EPOCH_S <= audits_s <= EPOCH_S:
        message = f"an epoch of audits has {LEAST_EPOCH_S} to {EPOCH_S} seconds"
        raise Rejected("BAD_REQUEST", message, path="audits")
    target = min(TARGET, nodes) if replicas is None else replicas
    if not 1 <= target <= nodes or (nodes > 1 and target < 2):
        least = 1 if nodes == 1 else 2
        message = (
            f"{nodes} operators keep {least} to {nodes} copies; from two on the contract wants a second one"
        )
        raise Rejected("BAD_REQUEST", message, path="replicas")
    starts = range(1, len(ports), PORTS_OF_A_NODE)
    taken = zip(companies(nodes), starts, strict=True)
    seats = tuple(_seat(company, ports[at : at + PORTS_OF_A_NODE]) for company, at in taken)
    if audits_s and not block_s:
        block_s = 1.0
    return Plan(seats, ports[0], target, block_s, backends=backends, audits_s=audits_s)


def check_same(
    plan: Plan, nodes: int | None, replicas: int | None, backends: str | None, audits_s: int | None = None
) -> None:
    """Raises CONFLICT where this is another network than was asked for; None asks for nothing."""
    there = (len(plan.seats), plan.target, plan.backends, plan.audits_s)
    asked = (nodes or there[0], replicas or there[1], backends or there[2])
    if (*asked, there[3] if audits_s is None else audits_s) != there:
        message = "the folder holds a lab of {} nodes and {} copies, back-ends {}, audits {}".format(*there)
        remedy = "Choose another --dir, or leave --nodes, --replicas, --backends and --audits out."
        raise Rejected("CONFLICT", message, path="dir", remedy=remedy)


def grown(plan: Plan, ports: Sequence[int], seed: str) -> Plan:
    """The network with one company more, on these `PORTS_OF_A_NODE` ports, which comes in through the node
    named `seed`. The target stays, but for a network of one, which kept a single copy.

    Raises BAD_REQUEST where it has `MOST` nodes, NOT_FOUND where it has no such seed.
    """
    if len(plan.seats) >= MOST:
        raise Rejected("BAD_REQUEST", f"a lab has 1 to {MOST} nodes", path="nodes")
    *_, company = companies(len(plan.seats) + 1)
    newcomer = _seat(company, ports, plan.seat(seed).peer)
    return replace(plan, seats=(*plan.seats, newcomer), target=max(2, plan.target))


def _seat(company: tuple[str, str], ports: Sequence[int], seed: str = "") -> Seat:
    grpc, rest, peer = ports
    capture, read = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    return Seat(*company, grpc, rest, peer, capture, read, seed)


def quorum_of(operators: int, target: int) -> int:
    """The protocol's default (section 3), and never more than the copies that others are to keep."""
    by_protocol = 0 if operators < 2 else 1 if operators < 4 else 2
    return min(by_protocol, target - 1)


def to_json(plan: Plan) -> dict[str, Any]:
    """The plan as an object of JSON."""
    return asdict(plan)


def from_json(document: dict[str, Any]) -> Plan:
    """The plan that `to_json` wrote. Raises `Broken("CORRUPT")` for anything else."""
    try:
        seats = tuple(Seat(**seat) for seat in document["seats"])
        return Plan(**{**document, "seats": seats})
    except (KeyError, TypeError) as error:
        raise Broken("CORRUPT", "plan.json is not what this release writes") from error
