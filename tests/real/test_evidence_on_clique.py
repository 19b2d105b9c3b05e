"""Evidence of a record that was anchored on a Clique chain of three sealers: checked against the chain, and,
when
that is stopped, by blocks, by signers and by accounts.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from coincurve import PrivateKey

from tests.client.verifying import run
from tests.logs import FARM, MILL, NETWORK, NODE_KEY, OPERATOR, Log
from tracehold.adapters.ethereum.acks import address_of
from tracehold.adapters.ethereum.admin import Admin, NewNode
from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.ethereum.ledger import EthereumLedger, Settings
from tracehold.adapters.ethereum.sender import TRANSFER_GAS, Sender
from tracehold.core.evidence import Evidence
from tracehold.core.ids import LogId
from tracehold.core.merkle import EMPTY_ROOT
from tracehold.core.receipt import Anchor
from tracehold.journey.ports import Acknowledgement, Pledge, Role
from tracehold_client.chain import CONFIRMATIONS

pytestmark = pytest.mark.real

SECRETS = {number: bytes([number]) * 32 for number in (1, 2, 3)}
"""Ledger keys of the creator, node 1, and of the holders, nodes 2 and 3."""
ETHER = 10**18
LOOK_S = 0.2


async def until(asked: Callable[[], Awaitable[Any]], seconds: float = 120.0) -> Any:
    """What is answered once it is something."""
    async with asyncio.timeout(seconds):
        found = await asked()
        while not found:
            await asyncio.sleep(LOOK_S)
            found = await asked()
        return found


class Consortium:
    """Three operators under one contract, and the log of the first."""

    def __init__(self, rpc: str, treasury: bytes) -> None:
        self.rpc = rpc
        self.client = Client(rpc)
        self.treasury = treasury
        self.contract = b""
        self.log = Log().fill(10)

    async def found(self) -> None:
        """Deploy, enrol and fund."""
        admin = Admin(self.client, self.treasury, asyncio.sleep, LOOK_S)
        self.contract = await admin.deploy(NETWORK, 0)
        for number, party in enumerate((OPERATOR, FARM, MILL), 1):
            operator = await admin.enrol_operator(self.contract, party)
            key = NODE_KEY.public.raw if number == 1 else bytes([number]) * 32
            log = self.log.id if number == 1 else LogId(bytes([number]) * 32)
            account = address_of(PrivateKey(SECRETS[number]).public_key)
            node = NewNode(operator, account, key, log, list(Role), b"a node record")
            assert await admin.enrol_node(self.contract, node) == number
        sender = Sender(self.client, await self.client.chain_id(), self.treasury)
        creator = address_of(PrivateKey(SECRETS[1]).public_key)
        gift = await sender.prepare(creator, b"", TRANSFER_GAS, value=ETHER)
        await sender.send(gift)
        await until(lambda: self.client.outcome(gift.hash))

    def ledger(self, number: int) -> EthereumLedger:
        """The contract, seen as a node."""
        return EthereumLedger(Settings(rpc=self.rpc, contract=self.contract, secret=SECRETS[number]))

    async def above(self, number: int) -> bool:
        """Whether the chain has this block."""
        return await self.client.height() >= number

    async def anchor(self, prev_size: int, size: int) -> Anchor:
        """Anchor with both holders' acknowledgements; the final anchor with its proof."""
        creator, root = self.ledger(1), self.log.root(size)
        before = self.log.root(prev_size) if prev_size else EMPTY_ROOT
        pledge = Pledge(1, self.log.id, prev_size, before, size, root)
        given = []
        for number in (3, 2):
            holder = self.ledger(number)
            given.append(Acknowledgement(number, number, await holder.acknowledge(pledge)))
            await holder.close()
        sent = await creator.prepare_anchor(prev_size, size, root, given)
        await creator.send(sent)
        mined = await until(lambda: creator.find(sent))
        assert await until(lambda: creator.is_final(mined.anchor))
        proof = await creator.proof(mined.anchor)
        await creator.close()
        return replace(mined.anchor, proof=proof)


async def recorded(rpc: str, treasury: bytes) -> tuple[Evidence, str]:
    """Evidence of a record under the second anchor, and the contract."""
    consortium = Consortium(rpc, treasury)
    await consortium.found()
    await consortium.anchor(0, 3)
    anchor = await consortium.anchor(3, 8)
    # A verifier that is told nothing of the chain's consensus waits for more blocks than a node does.
    await until(lambda: consortium.above(anchor.block_number + CONFIRMATIONS))
    await consortium.client.close()
    return consortium.log.evidence(5, 8, anchor), "0x" + consortium.contract.hex()


@pytest.fixture(scope="module")
def pinned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Evidence, Path]:
    """The evidence, and a folder with trust files by each, pinned from the chain that is stopped by now."""
    from tracehold.lab.services.clique import Network

    folder = tmp_path_factory.mktemp("clique")
    network = Network.new(folder / "chain", 3)
    try:
        network.start()
        treasury = bytes.fromhex(network.treasury.read_text().strip().removeprefix("0x"))
        evidence, contract = asyncio.run(recorded(network.rpc(1), treasury))
        for by in ("blocks", "signers", "accounts"):
            known = (
                "--rpc",
                network.rpc(2),
                "--contract",
                contract,
                "--pin",
                str(folder / by),
                "--pin-by",
                by,
            )
            result = run(folder, evidence, *known)
            assert result.exit_code == 0, result.output
    finally:
        network.stop()
    return evidence, folder


@pytest.mark.parametrize("by", ["blocks", "signers", "accounts"])
def test_a_record_verifies_offline_by_each(pinned: tuple[Evidence, Path], tmp_path: Path, by: str):
    """Exit 0 with the chain stopped, and what it rests on is named."""
    evidence, folder = pinned
    result = run(tmp_path, evidence, "--trust", str(folder / by), "--json")
    assert result.exit_code == 0, result.output
    assert [ground["by"] for ground in json.loads(result.stdout)["trust"]] == [by]


def test_a_record_verifies_offline_by_all_of_them(pinned: tuple[Evidence, Path], tmp_path: Path):
    """In one file."""
    evidence, folder = pinned
    result = run(tmp_path, evidence, "--trust", str(merged(folder, tmp_path)))
    assert result.exit_code == 0, result.output


def merged(folder: Path, where: Path, **changes: Any) -> Path:
    """One trust file of the three."""
    parts: dict[str, Any] = {}
    for by in ("blocks", "signers", "accounts"):
        parts |= json.loads((folder / by).read_text())
    found = where / "merged"
    found.write_text(json.dumps(parts | changes))
    return found


def test_attack_other_signers_and_other_accounts(pinned: tuple[Evidence, Path], tmp_path: Path):
    """A sealer fewer, a stranger more, another salt, and no trust: exit 4."""
    evidence, folder = pinned
    signers = json.loads((folder / "signers").read_text())["signers"]
    accounts = json.loads((folder / "accounts").read_text())["accounts"]
    assert (signers["threshold"], len(signers["addresses"])) == (2, 3)
    assert accounts["operators"].keys() == {FARM, MILL}
    stranger = "0x" + "11" * 20
    for changes in (
        {"signers": {**signers, "addresses": [stranger, *signers["addresses"][1:]], "threshold": 3}},
        {"signers": {**signers, "addresses": [stranger, *signers["addresses"]]}},
        {"accounts": {**accounts, "salt": "00" * 32}},
        {"chainId": 1},
    ):
        result = run(tmp_path, evidence, "--trust", str(merged(folder, tmp_path, **changes)))
        assert result.exit_code == 4, result.output
    assert run(tmp_path, evidence).exit_code == 4
