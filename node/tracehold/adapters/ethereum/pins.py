"""Which chain and which contract a node was made for: read from every address before it is used, kept in a
file of the data folder, and compared for ever.

A chain that was set up again from another genesis has another hash of block 0, and a contract that was
deployed again has another salt, also where id and address are the same. Neither is taken for the old one.
"""

import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tracehold.adapters.ethereum.answers import hexed
from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.ethereum.contract import AnchorsContract
from tracehold.adapters.ethereum.settings import Settings
from tracehold.adapters.keyfiles.secrets import sync_folder
from tracehold.core.errors import Broken
from tracehold.core.ids import NetworkId

OTHER = "Point [ledger] rpc at the chain that this node was made for; nothing is read of another one."


@dataclass(frozen=True, slots=True)
class Pins:
    """What cannot change in one deployment of the contract on one chain."""

    chain_id: int
    genesis: bytes
    contract: bytes
    network_id: NetworkId
    salt: bytes


async def read_chain(client: Client) -> tuple[int, bytes]:
    """EIP-155 id and hash of block 0, as the chain behind this address says. Raises CHAIN_DOWN."""
    chain_id = await client.chain_id()
    block = await client.block(0)
    if block is None:
        raise client.down("has no block 0")
    return chain_id, block.hash


async def read_pins(client: Client, address: bytes) -> Pins:
    """As the chain behind this address says. Raises CHAIN_DOWN, WRONG_CHAIN where no contract is there."""
    chain_id, genesis = await read_chain(client)
    contract = AnchorsContract(client, address)
    (network_id,) = await contract.call("networkId")
    (salt,) = await contract.call("salt")
    return Pins(chain_id, genesis, address, NetworkId(network_id), salt)


async def keep_nothing(_: Pins) -> None:
    """The process remembers, and its successor does not."""


class Pinning:
    """Compares what stands behind an address with what was kept, or at first seen. What the configuration
    names wins over what was kept: an operator said it.
    """

    def __init__(
        self,
        settings: Settings,
        kept: Pins | None = None,
        keep: Callable[[Pins], Awaitable[None]] = keep_nothing,
    ) -> None:
        self._settings = settings
        self._keep = keep
        self.pins = kept
        """None before the first answer of a chain."""
        self._confirmed = False

    async def admit(self, client: Client) -> None:
        """Returns if chain and contract are the right ones. Raises `Broken("WRONG_CHAIN")`, CHAIN_DOWN."""
        found = await read_pins(client, self._settings.contract)
        self._check(client.place, found.chain_id, found.genesis)
        await self._check_contract(client, found)
        if not self._confirmed or self.pins != found:
            await self._keep(found)
        self.pins, self._confirmed = found, True

    async def admit_chain(self, client: Client) -> None:
        """The same before there is a contract; nothing is kept."""
        self._check(client.place, *await read_chain(client))

    def _check(self, place: str, chain_id: int, genesis: bytes) -> None:
        wanted, kept = self._settings, self.pins
        right_id = wanted.chain_id or (kept.chain_id if kept else 0)
        if right_id not in {0, chain_id}:
            raise _wrong(f"the chain at {place} has id {chain_id}, not {right_id}")
        right = wanted.genesis or (kept.genesis if kept else b"")
        if right not in {b"", genesis}:
            raise _wrong(
                f"the chain at {place} begins with block {hexed(genesis)}, not {hexed(right)}: "
                "it was set up again, or is another one"
            )

    async def _check_contract(self, client: Client, found: Pins) -> None:
        kept = self.pins
        if kept is None or kept.genesis != found.genesis:
            return
        if kept.contract != found.contract:
            # A contract that took over from ours is ours.
            if kept.contract not in await AnchorsContract(client, found.contract).predecessors():
                raise _wrong(
                    f"the contract {hexed(found.contract)} is not {hexed(kept.contract)}, which this node "
                    "was made for, nor one that took over from it"
                )
        elif (kept.network_id, kept.salt) != (found.network_id, found.salt):
            raise _wrong(f"another contract stands at {hexed(found.contract)} than at the start")


def _wrong(message: str) -> Broken:
    return Broken("WRONG_CHAIN", message, remedy=OTHER)


class PinFile:
    """The file. It is made at the first start, and may be read by people."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Pins | None:
        """What was kept; None before the first start. Raises `Broken("CORRUPT")`."""
        if not self._path.exists():
            return None
        try:
            told: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
            raw: dict[str, Any] = {name: bytes.fromhex(told[name].removeprefix("0x")) for name in _HEX}
            return Pins(chain_id=int(told["chain_id"]), **{**raw, "network_id": NetworkId(raw["network_id"])})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            remedy = "Restore it from a backup, or remove it: the next start keeps what the chain says then."
            raise Broken("CORRUPT", f"{self._path} cannot be read", remedy=remedy) from error

    def keep(self, pins: Pins) -> None:
        """Durable on return. Raises `Broken("STORE_FAILED")`."""
        told = {
            name: hexed(value) if isinstance(value, bytes) else value for name, value in asdict(pins).items()
        }
        changed = self._path.with_name(f".{self._path.name}.new")
        try:
            with changed.open("w", encoding="utf-8") as file:
                file.write(json.dumps(told, indent=2) + "\n")
                file.flush()
                os.fsync(file.fileno())
            changed.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            raise Broken("STORE_FAILED", f"cannot write {self._path}") from error


_HEX = ("genesis", "contract", "network_id", "salt")
