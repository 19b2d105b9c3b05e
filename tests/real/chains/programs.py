"""Chains of one process each that the suite runs on: ours, `geth --dev`, anvil. Loopback only, data below the
test's folder, started and stopped in a lab `Slot`.
"""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coincurve import PrivateKey

from tracehold.adapters.ethereum.acks import address_of
from tracehold.lab.ports import held
from tracehold.lab.programs import Slot, command
from tracehold.lab.services.cache import binary

ROOT = Path(__file__).resolve().parents[3]
TREASURY = b"\x07treasury of the tests of chains"
"""Secret of the account that deploys, enrols and pays, on every chain here."""
ETHER = 10**18


def address(secret: bytes) -> str:
    """The account of a secret."""
    return "0x" + address_of(PrivateKey(secret).public_key).hex()


class Refused(Exception):
    """A JSON-RPC error answer."""


def rpc(url: str, method: str, *params: Any) -> Any:
    """One question to a chain, for what a test does to it. Raises OSError, Refused."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        said = json.load(answer)
    if said.get("error"):
        raise Refused(f"{method}: {said['error']}")
    return said["result"]


def height(url: str) -> int:
    """Number of the newest block."""
    return int(rpc(url, "eth_blockNumber"), 16)


@dataclass
class Program:
    """A chain of one process. `finality` is what the node must find out of it by itself; `quiet` ones make
    no block without a transaction; `mines` is the method that makes blocks at once, where there is one.
    """

    name: str
    folder: Path
    arguments: Callable[[Path, str], Sequence[str]]
    finality: str
    quiet: bool = True
    mines: str = ""
    fund: Callable[[str], None] = lambda url: None
    port: int = 0
    slot: Slot = field(init=False)

    def __post_init__(self) -> None:
        self.slot = Slot(self.folder, self.name)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the process that runs."""
        found = self.slot.pid
        assert found is not None
        return found

    def start(self) -> None:
        """Start it, or start it again over what it left on disk; on return it answers."""
        with held(1) as free:
            if not self.port:
                (self.port,) = free.numbers
        self.slot.start(self.arguments(self.folder / "data", str(self.port)))
        self.slot.wait_until(self._answers)
        self.fund(self.url)

    def stop(self) -> None:
        """In order: it writes down what it knows."""
        self.slot.ask_to_stop()
        self.slot.stopped()

    def kill(self) -> None:
        """SIGKILL."""
        self.slot.kill()

    def _answers(self) -> bool:
        try:
            return height(self.url) >= 0
        except OSError:
            return False


def devchain(folder: Path) -> Program:
    """Ours: one block per burst of transactions, final at once."""

    def arguments(data: Path, port: str) -> Sequence[str]:
        return command("devchain", "--dir", str(data), "--port", port, "--alloc", address(TREASURY))

    return Program("devchain", folder, arguments, "tag")


def geth_dev(folder: Path) -> Program:
    """geth's chain for developers: one block per transaction; its `finalized` is a multiple of 32 and proves
    nothing.
    """

    def arguments(data: Path, port: str) -> Sequence[str]:
        flags = "--dev --nodiscover --maxpeers 0 --ipcdisable --http --http.addr 127.0.0.1 --cache 64"
        own = ("--datadir", str(data), "--http.port", port, "--http.api", "eth,net,web3,debug,txpool")
        # Port 0: nobody connects, and nothing may be in the way of another geth.
        return [str(binary("geth")), *flags.split(), "--port", "0", "--authrpc.port", "0", *own]

    def fund(url: str) -> None:
        if int(rpc(url, "eth_getBalance", address(TREASURY), "latest"), 16) == 0:
            gift = {"from": rpc(url, "eth_accounts")[0], "to": address(TREASURY), "value": hex(1000 * ETHER)}
            rpc(url, "eth_sendTransaction", gift)

    return Program("geth-dev", folder, arguments, "tag", fund=fund)


def anvil(folder: Path) -> Program:
    """One block a second and one per transaction: its plain automine stalls under bursts. `finalized` is 64
    blocks behind.
    """

    def arguments(_: Path, port: str) -> Sequence[str]:
        flags = "--silent --host 127.0.0.1 --accounts 0 --chain-id 31337 --block-time 1 --mixed-mining"
        return [str(anvil_binary()), *flags.split(), "--port", port]

    def fund(url: str) -> None:
        rpc(url, "anvil_setBalance", address(TREASURY), hex(1000 * ETHER))

    return Program("anvil", folder, arguments, "tag", quiet=False, mines="anvil_mine", fund=fund)


def anvil_binary() -> Path:
    """From the npm package that tools/anvil locks."""
    node, tool = ROOT / "tools" / "with-node.sh", ROOT / "tools" / "npm_modules.py"
    install = [str(node), sys.executable, str(tool), str(ROOT / "tools" / "anvil")]
    made = subprocess.run(install, cwd=ROOT, capture_output=True, text=True, check=True)
    return Path(made.stdout.strip()) / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil"
