"""The folder of the demo: a lab of three operators, and what the companies of the story need to use it."""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tracehold.cli.demo.players import SENDERS, Sender, Way
from tracehold.core.errors import Rejected
from tracehold.lab.network import Lab, opened

if TYPE_CHECKING:
    from tracehold_client import AsyncClient

MARKER = "tracehold-demo.json"
NODES = 3
LAB = "lab"


@dataclass(slots=True)
class Stage:
    """A lab that the demo made. `texts` are the tokens of companies, by prefix."""

    dir: Path
    lab: Lab
    texts: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Make the network, give the companies their tokens, bring all of it up."""
        self.lab.build()
        for sender in SENDERS:
            self.texts[sender.company.prefix] = self._token(sender)
        self._readable()
        self.lab.up()

    def client(self, name: str, token: str | None = None) -> "AsyncClient":
        """A client of a node; of a reader who may read all, unless another token is given."""
        from tracehold_client import AsyncClient

        seat = self.lab.plan.seat(name)
        return AsyncClient(seat.grpc, token=token or seat.read_token)

    def number(self, name: str) -> int:
        """The node's number in the contract: nodes are enrolled in order."""
        return self.lab.names.index(name) + 1

    def _token(self, sender: Sender) -> str:
        """What the company presents to its node; nothing where its signature is enough."""
        from tracehold.cli.token import create

        seat = self.lab.plan.seat(sender.node)
        if sender.way is Way.OWN_KEY:
            return ""
        if sender.way is Way.OPERATOR:
            return seat.capture_token
        party = sender.company.party.link
        return create(self.lab.home(sender.node), sender.company.prefix, ("capture",), party)

    def _readable(self) -> None:
        """The board's token for readers in a file of its own, for whoever pastes the lines of the end."""
        from tracehold.adapters.keyfiles import create_secret

        create_secret(self.dir / "reader.token", f"{self.lab.plan.seat('board').read_token}\n".encode())


def clear(dir: Path) -> None:
    """Make room for a new demo: stop and remove an earlier one.

    Raises CONFLICT where the folder holds anything that the demo did not make.
    """
    if not dir.exists():
        return
    if not (dir / MARKER).is_file():
        raise Rejected(
            "CONFLICT", f"{dir} exists and is no demo of ours", path="dir", remedy="Choose another --dir."
        )
    if (dir / LAB / "plan.json").exists():
        opened(dir / LAB).down()
    shutil.rmtree(dir)


def mark(dir: Path, seed: int) -> None:
    """An empty folder with a marker, so that a later run may replace it."""
    dir.mkdir(parents=True)
    (dir / MARKER).write_text(json.dumps({"seed": seed}) + "\n")
