"""One folder with a chain and a node in it: made, started, stopped, started again."""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.programs import Program
from tracehold.cli.demo.programs import run
from tracehold.cli.files import CONFIG_NAME, replace_file
from tracehold.lab.ports import free

MARKER = "world.json"

_FASTER = """
[anchor]
seconds = 1.0

[audit]
samples = 0
"""


@dataclass(slots=True)
class World:
    """A chain and a node on loopback. `build` makes it from
    nothing, `start` and `stop` bring it up and down.
    """

    dir: Path
    chain_port: int
    chain: Program | None = None
    node: Program | None = None

    @classmethod
    def new(cls, dir: Path) -> "World":
        """An empty folder, and a port for the chain."""
        dir.mkdir(parents=True)
        world = cls(dir, free_port())
        (dir / MARKER).write_text(json.dumps({"chainPort": world.chain_port}) + "\n")
        return world

    @property
    def home(self) -> Path:
        """Folder of the node."""
        return self.dir / "node"

    @property
    def rpc(self) -> str:
        """JSON-RPC address of the chain."""
        return f"http://127.0.0.1:{self.chain_port}"

    @property
    def config(self) -> dict[str, Any]:
        """The node's configuration as it stands."""
        return tomllib.loads((self.home / CONFIG_NAME).read_text())

    @property
    def grpc(self) -> str:
        """Address of the node's gRPC listener."""
        return str(self.config["grpc"]["listen"])

    @property
    def rest(self) -> str:
        """Address of the node's REST listener."""
        return f"http://{self.config['rest']['listen']}"

    @property
    def contract(self) -> str:
        """Address of the contract."""
        return str(self.config["ledger"]["contract"])

    def build(self, operator: str) -> None:
        """Make the node's folder, start the chain, deploy the
        contract, enrol the node. The node is not started.
        """
        home = str(self.home)
        ports = ("--grpc-port", "0", "--rest-port", "0", "--peer-port", "0")
        made = json.loads(
            run("init", "--dir", home, "--operator", operator, "--rpc", self.rpc, *ports, "--json")
        )
        self._hasten()
        self.start_chain("--alloc", made["account"])
        run("contract", "deploy", "--dir", home)
        run("member", "add", "--dir", home)

    def token(self, name: str, *roles: str, party: str = "") -> str:
        """Make a token, which the node takes at its next start; its text. It also stands in NAME.token."""
        from tracehold.adapters.keyfiles import create_secret
        from tracehold.cli.token import create

        text = create(self.home, name, roles, party)
        create_secret(self.dir / f"{name}.token", text.encode() + b"\n")
        return text

    def start(self) -> None:
        """Start what does not run."""
        if self.chain is None or not self.chain.running:
            self.start_chain()
        if self.node is None or not self.node.running:
            self.start_node()

    def start_chain(self, *options: str) -> None:
        """Start the chain; return when it answers."""
        folder, port = str(self.dir / "chain"), str(self.chain_port)
        self.chain = Program("chain", ["devchain", "--dir", folder, "--port", port, *options], self.dir)
        self.chain.first_line()

    def start_node(self, prefix: Sequence[str] = ()) -> None:
        """Start the node; return when it answers. `prefix` as in `Program`."""
        self.node = Program("node", ["serve", "--dir", str(self.home)], self.dir, prefix)
        self.node.first_line()

    def stop(self) -> None:
        """Stop the node, then the chain. Harmless to repeat."""
        for program in (self.node, self.chain):
            if program is not None:
                program.stop()

    def _hasten(self) -> None:
        """Anchor after a second, and look at the chain more often: a test has no time to save gas. No custody
        records: at the end of a day they would be entries that no test expects.
        """
        path = self.home / CONFIG_NAME
        text = path.read_text().replace("[ledger]\n", "[ledger]\npoll_s = 0.2\n")
        replace_file(path, text + _FASTER)


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    return free(1)[0]
