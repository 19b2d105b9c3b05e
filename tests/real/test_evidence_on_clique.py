"""Evidence of a record that was anchored on a Clique chain of three sealers: checked against the chain, and,
where no chain is asked, by blocks, by signers and by accounts.
"""

import asyncio
import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from coincurve import PrivateKey

from tests.client.verifying import run
from tests.logs import FARM, MILL, NETWORK, NODE_KEY, OPERATOR, Log
from tests.real.chains.consortium import Consortium
from tests.real.chains.programs import ETHER, TREASURY
from tests.real.chains.site import ENROL_GAS, until
from tracehold.adapters.ethereum import abi
from tracehold.adapters.ethereum.acks import address_of
from tracehold.adapters.ethereum.admin import Admin, bits_of
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
LOOK_S = 0.2


def account_of(number: int) -> bytes:
    """The ledger account of a node."""
    return address_of(PrivateKey(SECRETS[number]).public_key)


class Operators:
    """Three of them under one contract, and the log of the first."""

    def __init__(self, rpc: str) -> None:
        self.rpc = rpc
        self.client = Client(rpc)
        self.contract = b""
        self.log = Log().fill(10)

    async def found(self) -> None:
        """Deploy; enrol and fund, all in one block where the chain does so."""
        self.contract = await Admin(self.client, TREASURY, asyncio.sleep, LOOK_S).deploy(NETWORK, 0)
        sender = Sender(self.client, await self.client.chain_id(), TREASURY)
        calls = [abi.encode_call("enrolOperator", party) for party in (OPERATOR, FARM, MILL)]
        calls += [self._enrolment(number) for number in SECRETS]
        sent = []
        for call in calls:
            sent.append(await sender.prepare(self.contract, call, ENROL_GAS))
            await sender.send(sent[-1])
        sent.append(await sender.prepare(account_of(1), b"", TRANSFER_GAS, value=ETHER))
        await sender.send(sent[-1])
        for each in sent:
            assert (await until(partial(self.client.outcome, each.hash))).succeeded

    def _enrolment(self, number: int) -> bytes:
        """Of the node of this number, by the operator of the same one."""
        key = NODE_KEY.public.raw if number == 1 else bytes([number]) * 32
        log = self.log.id if number == 1 else LogId(bytes([number]) * 32)
        roles = bits_of(list(Role))
        return abi.encode_call("enrolNode", number, account_of(number), key, log, roles, b"a node record")

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
        mined = (await until(lambda: creator.find(sent))).anchor
        assert mined is not None
        await until(lambda: creator.is_final(mined))
        proof = await creator.proof(mined)
        await creator.close()
        return replace(mined, proof=proof)


async def recorded(rpc: str) -> tuple[Evidence, str]:
    """Evidence of a record under the second anchor, and the contract."""
    operators = Operators(rpc)
    await operators.found()
    await operators.anchor(0, 3)
    anchor = await operators.anchor(3, 8)
    # A verifier that is told nothing of the chain's consensus waits for more blocks than a node does.
    await until(lambda: operators.above(anchor.block_number + CONFIRMATIONS))
    await operators.client.close()
    return operators.log.evidence(5, 8, anchor), "0x" + operators.contract.hex()


@pytest.fixture(scope="module")
def pinned(consortium: Consortium, tmp_path_factory: pytest.TempPathFactory) -> tuple[Evidence, Path]:
    """The evidence, and a folder with trust files by each, pinned from a chain that is not asked again."""
    folder = tmp_path_factory.mktemp("pinned")
    evidence, contract = asyncio.run(recorded(consortium.url))
    rpc = consortium.network.rpc(2)
    for by in ("blocks", "signers", "accounts"):
        pin = ("--pin", str(folder / by), "--pin-by", by)
        result = run(folder, evidence, "--rpc", rpc, "--contract", contract, *pin)
        assert result.exit_code == 0, result.output
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
        {"signers": {**signers, "addresses": [stranger, *signers["addresses"]], "threshold": 4}},
        {"accounts": {**accounts, "salt": "00" * 32}},
        {"chainId": 1},
    ):
        result = run(tmp_path, evidence, "--trust", str(merged(folder, tmp_path, **changes)))
        assert result.exit_code == 4, result.output
    assert run(tmp_path, evidence).exit_code == 4
