"""A lab in its folder: made, started, stopped, started again."""

import asyncio
import fcntl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from tracehold.core.errors import Rejected, Unavailable
from tracehold.lab import home, ports
from tracehold.lab.chain import Chain, chain_of, check
from tracehold.lab.documents import read_json, write_json
from tracehold.lab.plan import BACKENDS, CHAIN, Plan, check_same, from_json, new_plan, ports_needed, to_json
from tracehold.lab.programs import Slot, command
from tracehold.lab.published import published
from tracehold.lab.readiness import acquainted, ready

PLAN, STATE = "plan.json", "lab.json"

Tell = Callable[[str], None]


@dataclass(slots=True)
class Lab:
    """One lab. What changes it is called within `at_work`, so that two commands do not meet."""

    dir: Path
    plan: Plan
    tell: Tell = lambda line: None
    held: ports.Held = field(default_factory=lambda: ports.Held({}))
    chain: Chain = field(init=False)
    _slots: dict[str, Slot] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chain = chain_of(self.dir, self.plan, self.tell)

    # -- what it is made of

    @property
    def names(self) -> list[str]:
        """The nodes, in order."""
        return [seat.name for seat in self.plan.seats]

    def home(self, name: str) -> Path:
        """The folder of a node. Raises NOT_FOUND."""
        return self.dir / "nodes" / self.plan.seat(name).name

    def slot(self, name: str) -> Slot:
        """One process, of a node or of the chain. Raises NOT_FOUND."""
        if name in self.chain.names:
            return self.chain.slot(name)
        self.plan.seat(name)
        return self._slots.setdefault(name, Slot(self.dir / "run", name))

    @property
    def admin_key(self) -> Path:
        """The key of the contract's admin."""
        return self.dir / home.ADMIN_KEY

    def everything(self) -> list[str]:
        """All its processes: nodes, and those of the chain last."""
        return [*self.names, *self.chain.names]

    def running(self) -> list[str]:
        """Which of them run."""
        return [name for name in self.everything() if self.slot(name).running]

    # -- making it

    def build(self) -> None:
        """Keys, chain, contract, configurations, members; the chain runs afterwards, the nodes do not.

        Takes up what an interrupted build left. Harmless where all is built.
        """
        from tracehold.lab.founding import Founder

        if self.plan.built:
            return
        new = self.plan.seats[self.plan.enrolled :]
        self.tell(f"making {len(new)} nodes in {self.dir}")
        network_key = self.dir / "network.key"
        for key in (self.admin_key, network_key):
            home.make_key(key)
        for seat in new:
            home.make_keys(self.home(seat.name), network_key)
        self.start_chain()
        founder = Founder(self.plan.rpc, self.admin_key, self.chain.poll_s)
        if not self.plan.contract:
            self.chain.endow(home.account(self.admin_key))
            self.tell("deploying the contract")
            self.decide(replace(self.plan, contract=asyncio.run(founder.deploy())))
        for number, seat in enumerate(new, self.plan.enrolled):
            home.make_config(self.home(seat.name), self.plan, seat, self.chain.place(number))
            self.tell(f"enrolling {seat.name}, {seat.operator}")
            asyncio.run(founder.enrol(self.config(seat.name)))
        asyncio.run(founder.set_quorum(self.config(self.names[0]), self.plan.quorum))
        self.decide(replace(self.plan, enrolled=len(self.names)))

    def decide(self, plan: Plan) -> None:
        """Make this the plan; durable on return."""
        self.plan = plan
        write_json(self.dir / PLAN, to_json(plan))

    def config(self, name: str) -> Path:
        """The configuration of a node. Raises NOT_FOUND."""
        return self.home(name) / home.CONFIG_NAME

    # -- running it

    def start_chain(self) -> None:
        """Start what of the chain does not run; return when it answers."""
        self.held.release(self.plan.chain_port)
        self.chain.start()
        if self.chain.port != self.plan.chain_port:
            self.decide(replace(self.plan, chain_port=self.chain.port))

    def start(self, names: Sequence[str]) -> None:
        """Start these nodes where they do not run, all at once; return when each is ready."""
        seats = [self.plan.seat(name) for name in names]
        for seat in seats:
            self.held.release(seat.grpc_port, seat.rest_port, seat.peer_port)
            self.slot(seat.name).start(command("serve", "--dir", str(self.home(seat.name))))
        for seat in seats:
            slot = self.slot(seat.name)
            slot.wait_until(partial(ready, slot, seat))
            self.tell(f"{seat.name} is ready: gRPC {seat.grpc}, REST {seat.rest}")

    def up(self) -> None:
        """Bring all of it up: chain and nodes, each ready, all acquainted; then write lab.json.

        Interrupted, it stops whatever it started itself.
        """
        before = self.running()
        try:
            self.build()
            self.start_chain()
            self.start(self.names)
            for seat in self.plan.seats:
                self.slot(seat.name).wait_until(partial(acquainted, seat))
            self.publish()
        except BaseException:
            self.tell("not up: stopping what was started")
            self.stop([name for name in self.everything() if name not in before])
            raise

    def stop(self, names: Sequence[str]) -> None:
        """Stop these in order, the nodes at one time and the chain after them. Harmless to repeat."""
        of_chain = self.chain.names
        nodes = [name for name in names if name not in of_chain]
        for part in (nodes, [name for name in names if name in of_chain]):
            for name in part:
                self.slot(name).ask_to_stop()
            for name in part:
                self.slot(name).stopped()
        if (self.dir / STATE).exists():
            self.publish()

    def down(self) -> None:
        """Stop the nodes, then the chain. Harmless to repeat."""
        self.stop(self.everything())

    def kill(self, name: str) -> list[str]:
        """Kill one process hard, or all of the chain; those that ran."""
        ran = [each for each in (self.chain.names if name == CHAIN else [name]) if self.slot(each).running]
        for each in ran:
            self.slot(each).kill()
        self.publish()
        return ran

    def restart(self, name: str) -> None:
        """Start one process again, or all of the chain; return when it is ready."""
        if name == CHAIN:
            self.start_chain()
        elif name in self.chain.names:
            self.chain.start([name])
        else:
            self.start([name])
        self.publish()

    def publish(self) -> dict[str, Any]:
        """Write what runs to lab.json; its content."""
        state = self.state()
        write_json(self.dir / STATE, state)
        return state

    def state(self) -> dict[str, Any]:
        """What stands in lab.json now."""
        return published(self)


def opened(folder: Path, tell: Tell = lambda line: None) -> Lab:
    """The lab in this folder. Raises NOT_FOUND where there is none."""
    if not (folder / PLAN).exists():
        raise Rejected(
            "NOT_FOUND", f"{folder} holds no lab", path="dir", remedy="Run tracehold lab up first."
        )
    return Lab(folder, from_json(read_json(folder / PLAN)), tell)


@contextmanager
def made(
    folder: Path,
    nodes: int | None,
    replicas: int | None,
    tell: Tell,
    *,
    block_s: float = 0.0,
    backends: str | None = None,
    audits_s: int | None = None,
) -> Iterator[Lab]:
    """The lab in this folder, or a new one of three nodes, on an embedded chain, unless said otherwise;
    within `at_work`. `block_s` and `audits_s` as in `Plan`, for a new one.

    Raises CONFLICT where the folder holds anything else, or another lab than the one asked for, BAD_REQUEST;
    NODE_DOWN where a program of these back-ends is not on this machine.
    """
    if (folder / PLAN).exists():
        lab = opened(folder, tell)
        check_same(lab.plan, nodes, replicas, backends, audits_s)
        with at_work(folder):
            yield lab
        return
    if folder.exists() and any(folder.iterdir()):
        raise Rejected(
            "CONFLICT", f"{folder} is not empty and no lab", path="dir", remedy="Choose another --dir."
        )
    backends = backends or BACKENDS[0]
    check(backends, block_s)
    count = 3 if nodes is None else nodes
    with ports.held(ports_needed(max(0, count))) as free:
        plan = new_plan(count, replicas, free.numbers, block_s, backends, audits_s or 0)
        folder.mkdir(parents=True, exist_ok=True)
        with at_work(folder):
            write_json(folder / PLAN, to_json(plan))
            yield Lab(folder, plan, tell, free)


@contextmanager
def at_work(folder: Path) -> Iterator[None]:
    """Nobody else changes this lab meanwhile. Raises STORE_BUSY where somebody does."""
    with (folder / ".lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unavailable("STORE_BUSY", f"another command works on the lab in {folder}") from error
        yield
