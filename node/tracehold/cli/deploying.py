"""Deploying the anchoring contract from a node's folder."""

import asyncio
import os
import re
from pathlib import Path

import rlp

from tracehold.adapters.ethereum.admin import FIRST, Admin
from tracehold.adapters.ethereum.answers import hexed
from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.ethereum.contract import AnchorsContract
from tracehold.adapters.ethereum.nonces import OwnNonces
from tracehold.adapters.ethereum.pins import read_chain
from tracehold.adapters.keyfiles import create_signing_key, read_ledger_key
from tracehold.adapters.keyfiles.sole import sole_user
from tracehold.cli.files import CONFIG_NAME, replace_file, set_line
from tracehold.cli.output import note
from tracehold.config import Config, load
from tracehold.core.errors import Rejected
from tracehold.core.ids import NetworkId
from tracehold.core.trie import keccak256
from tracehold.journey.ports import SignedTransaction
from tracehold.node.own import fee_policy, reached


class _Announcing(OwnNonces):
    """Says which contract a transaction makes before it is sent: a command that is cut short while it waits
    would lose the address, and the next one would deploy another contract.
    """

    said = b""

    def signed(self, account: bytes, transaction: SignedTransaction) -> None:
        """Called again whenever the same one is sent."""
        super().signed(account, transaction)
        if transaction.hash == self.said:
            return
        self.said = transaction.hash
        made = made_by(account, transaction.nonce)
        note(f"deploying {hexed(made)} by transaction {hexed(transaction.hash)}")
        note("  if this command is cut short, set contract in [ledger] to that once the chain has it")


def made_by(account: bytes, nonce: int) -> bytes:
    """Address of the contract that this transaction of an account creates (yellow paper, section 7)."""
    return keccak256(rlp.encode([account, nonce]))[12:]


async def deployed(dir: Path, admin_key: Path | None, network: str, predecessor: str) -> dict[str, object]:
    """Deploy, and set contract, chain id and genesis in the folder's configuration. What was made, for
    --json.

    Raises BAD_REQUEST, CONFLICT where there is a contract already, WRONG_CHAIN, and what `Admin` raises.
    """
    config = load(dir / CONFIG_NAME)
    before = _before(config, predecessor)
    if network and not re.fullmatch(r"[0-9a-f]{64}", network):
        raise Rejected("BAD_REQUEST", "a network id has 64 lowercase hexadecimal digits", path="network")
    client = reached(config, before)
    try:
        network_id = await _carried_on(client, before, network) if before else _network_id(network)
        chain_id, genesis = await read_chain(client)
        _keep_network_key(config)
        contract = await _deploy(client, config, admin_key or config.keys.ledger, network_id, before)
    finally:
        await client.close()
    _write(
        dir / CONFIG_NAME,
        contract=f'"{hexed(contract)}"',
        chain_id=str(chain_id),
        genesis=f'"{hexed(genesis)}"',
    )
    answer: dict[str, object] = {
        "contract": hexed(contract),
        "chainId": chain_id,
        "network": network_id.hex(),
    }
    return answer | ({"predecessor": hexed(before)} if before else {})


async def _deploy(client: Client, config: Config, key: Path, network: NetworkId, before: bytes) -> bytes:
    fees = fee_policy(config)
    admin = Admin(client, read_ledger_key(key), asyncio.sleep, fees=fees, nonces=_Announcing())
    with sole_user(key):
        return await admin.deploy(network, 0, predecessor=before or FIRST)


def _before(config: Config, predecessor: str) -> bytes:
    """The contract that the new one takes over from; empty for the first one."""
    before = _address(predecessor)
    if config.ledger.contract and _address(config.ledger.contract) != before:
        said = f"the folder has a contract already: {config.ledger.contract}"
        raise Rejected("CONFLICT", said, path="ledger.contract")
    return before


def _network_id(said: str) -> NetworkId:
    """The one that was said, else a new one."""
    return NetworkId(bytes.fromhex(said) if said else os.urandom(32))


def _address(said: str) -> bytes:
    """A contract's address; empty where none was said. Raises BAD_REQUEST."""
    if said and not re.fullmatch(r"0x[0-9a-fA-F]{40}", said):
        raise Rejected("BAD_REQUEST", "an address has 0x and 40 hexadecimal digits", path="predecessor")
    return bytes.fromhex(said.removeprefix("0x"))


async def _carried_on(client: Client, predecessor: bytes, said: str) -> NetworkId:
    """The predecessor's network id. Raises CONFLICT where another one was said, WRONG_CHAIN where no contract
    is at that address.
    """
    (found,) = await AnchorsContract(client, predecessor).call("networkId")
    if said and said != found.hex():
        raise Rejected(
            "CONFLICT", f"the predecessor is of network {found.hex()}", path="network",
            remedy="Leave --network out: a successor carries on its predecessor's network.",
        )  # fmt: skip
    return NetworkId(found)


def _keep_network_key(config: Config) -> None:
    """Before the contract is there: a network that stands has it. Newcomers are given a copy
    (docs/operations.md).
    """
    if not config.keys.network.exists():
        create_signing_key(config.keys.network)


def _write(path: Path, **values: str) -> None:
    """Set these in the section [ledger], leaving every other line as it is."""
    text = path.read_text(encoding="utf-8")
    for key, value in values.items():
        text = set_line(text, "ledger", key, value)
    replace_file(path, text)
