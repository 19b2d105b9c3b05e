"""`tracehold chain propose`: what geth is told, by a geth that answers from a script."""

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from tests.ports.chain_nodes import Client, over_ipc
from tracehold.lab.services.clique import Network
from tracehold.main import app

NEWCOMER = "0x" + "5a" * 20


class Scripted:
    """A network of two sealers; each keeps its wishes as geth does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.network = Network.new(folder, 2)
        self.sealers = [account.lower() for account in self.network.accounts]
        self.wishes: list[dict[str, bool]] = [{}, {}]
        self.geths = [self._geth(wishes) for wishes in self.wishes]

    def _geth(self, wishes: dict[str, bool]) -> Client:
        methods = {
            "net_version": lambda _: "7447",
            "eth_blockNumber": lambda _: "0x5",
            "clique_getSigners": lambda _: self.sealers,
            "clique_proposals": lambda _: wishes,
            "clique_propose": lambda params: wishes.update({params[0]: params[1]}),
            "clique_discard": lambda params: wishes.pop(params[0], None) and None,
        }
        return Client(methods)

    def propose(self, *words: str) -> Any:
        """What the command prints."""
        return asyncio.run(self._propose(*words))

    async def _propose(self, *words: str) -> Any:
        async with AsyncExitStack() as up:
            for node, geth in zip(self.network.nodes, self.geths, strict=True):
                node.ipc.parent.mkdir(exist_ok=True)
                node.ipc.unlink(missing_ok=True)
                await up.enter_async_context(over_ipc(node.ipc, geth))
            given = ["chain", "propose", *words, "--dir", str(self.folder), "--json"]
            result = await asyncio.to_thread(CliRunner().invoke, app, given)
            assert result.exit_code == 0, result.output
            return json.loads(result.stdout)


def test_attack_an_old_wish(tmp_path: Path) -> None:
    """A sealer that was voted in, and out by the others later, is not voted in again: the command that finds
    it is so already takes the wish back.
    """
    it = Scripted(tmp_path / "c")
    said = it.propose(NEWCOMER)
    assert (said["done"], said["voters"], said["discarded"]) == (False, ["sealer-1", "sealer-2"], [])
    assert it.wishes == [{NEWCOMER: True}, {NEWCOMER: True}]
    it.sealers.append(NEWCOMER)
    said = it.propose(NEWCOMER, "--node", "sealer-1")
    assert (said["done"], said["discarded"]) == (True, ["sealer-1"])
    assert it.wishes == [{}, {NEWCOMER: True}]


def test_a_vote_is_taken_back(tmp_path: Path) -> None:
    """The opposite command, before it counted; another account's wish stays."""
    it = Scripted(tmp_path / "c")
    it.propose(NEWCOMER, "--node", "sealer-1")
    it.wishes[0]["0x" + "77" * 20] = True
    said = it.propose(NEWCOMER, "--drop")
    assert (said["done"], said["voters"], said["discarded"]) == (True, [], ["sealer-1"])
    assert it.wishes == [{"0x" + "77" * 20: True}, {}]
    assert it.propose(NEWCOMER, "--drop")["discarded"] == []
