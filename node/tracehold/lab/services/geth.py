"""One geth of a Clique network: a process that outlives the command that started it.

Its admin interface is the IPC socket in its folder, which opens to its owner alone; HTTP is on loopback.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracehold.adapters.geth import RpcRefusal, ask_socket
from tracehold.core.errors import Broken, Unavailable
from tracehold.lab.documents import read_json
from tracehold.lab.programs import START_S, Slot
from tracehold.lab.services.member import GENESIS, START, Member, read

LAST_LINES = 12
"""Lines of its log that are shown where it ended by itself."""


@dataclass(slots=True)
class GethNode:
    """A node in its folder, running or not. Where its owner started start.sh some other way, all but
    starting and stopping works as well.
    """

    folder: Path
    member: Member
    slot: Slot

    @property
    def name(self) -> str:
        """Its name within the network."""
        return self.member.name

    @property
    def url(self) -> str:
        """JSON-RPC on loopback."""
        return f"http://127.0.0.1:{self.member.http_port}"

    @property
    def ipc(self) -> Path:
        """The admin socket; there while it runs."""
        return self.folder.absolute() / "data" / "geth.ipc"

    @property
    def genesis(self) -> dict[str, Any]:
        """The first block of its network."""
        return read_json(self.folder / GENESIS)

    # -- the process

    def launch(self, geth: Path) -> None:
        """Start it where it does not run; `wait` says when it answers."""
        self.slot.start(["/bin/sh", str((self.folder / START).absolute()), str(geth)])

    def wait(self, seconds: float = START_S) -> None:
        """Return when it answers and its account is unlocked.

        Raises INTERNAL with the end of its log where it ended, NODE_DOWN after so many seconds.
        """
        try:
            self.slot.wait_until(self.ready, seconds)
        except (Broken, Unavailable) as error:
            raise type(error)(
                error.code, f"{self.name} did not start: {self._log_end()}", remedy=f"See {self.slot.log}."
            ) from error

    def ready(self) -> bool:
        """Whether it can be told to seal. It answers an instant before its account is unlocked, and sealing
        that is begun in that instant fails and is not tried again: so it is asked for a signature.
        """
        try:
            ask_socket(self.ipc, "eth_sign", self.member.account, "0x00")
        except (RpcRefusal, Unavailable):
            return False
        return True

    # -- what it is asked and told

    def ask(self, method: str, *params: object) -> Any:
        """The answer to a question over IPC. Raises CHAIN_DOWN where it does not answer, or with an error."""
        try:
            return ask_socket(self.ipc, method, *params)
        except RpcRefusal as refused:
            said = f"{self.name} answers {method} with: {refused.message}"
            raise Unavailable("CHAIN_DOWN", said) from refused

    @property
    def answers(self) -> bool:
        """Whether it is up and can be asked, whoever started it."""
        try:
            ask_socket(self.ipc, "net_version", timeout_s=2.0)
        except (RpcRefusal, Unavailable):
            return False
        return True

    def head(self) -> int:
        """Number of its newest block."""
        return int(self.ask("eth_blockNumber"), 16)

    def enode(self) -> str:
        """Its address as a peer."""
        return str(self.ask("admin_nodeInfo")["enode"])

    def peers(self) -> frozenset[str]:
        """The node keys of the peers it is connected to, as 128 digits; an address may be seen differently
        from each side, the key may not.
        """
        return frozenset(key_of(peer["enode"]) for peer in self.ask("admin_peers"))

    def connect(self, enode: str) -> None:
        """Tell it to keep a connection to this peer, as long as it runs. Harmless to repeat."""
        self.ask("admin_addPeer", enode)

    def part(self, enode: str) -> None:
        """Tell it to keep no connection to this peer. It still takes one that the peer begins."""
        self.ask("admin_removePeer", enode)

    def seal(self) -> None:
        """Let it seal whenever it may: at once for a sealer, else as soon as it is voted in."""
        self.ask("miner_start")

    def rest(self) -> None:
        """Let it seal no more."""
        self.ask("miner_stop")

    def discard(self, account: str) -> bool:
        """Have it wish nothing of this account any more; whether it did. A wish stands as long as the node
        runs: it is a vote again as soon as the account is in, or out, by others' votes.
        """
        wishes = self.ask("clique_proposals") or {}
        if account.lower() not in map(str.lower, wishes):
            return False
        self.ask("clique_discard", account)
        return True

    def _log_end(self) -> str:
        try:
            lines = self.slot.log.read_text(errors="replace").splitlines()
        except OSError:
            lines = []
        return "\n  ".join(["the end of its log:", *lines[-LAST_LINES:]]) if lines else "it said nothing"


def node_in(folder: Path) -> GethNode:
    """The node of this folder. Raises NOT_FOUND, BAD_CONFIG."""
    return GethNode(folder, read(folder), Slot(folder, "geth"))


def key_of(enode: str) -> str:
    """The node key of an enode address (enode://KEY@HOST:PORT)."""
    return enode.removeprefix("enode://").partition("@")[0].lower()
