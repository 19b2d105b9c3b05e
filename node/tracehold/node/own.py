"""What a node is: its keys, its contract, its own log. Shared
by `serve` and by the commands that enrol it.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

from tracehold.adapters.ethereum.admin import Admin, address
from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.ethereum.endpoints import Endpoints, clients_of
from tracehold.adapters.ethereum.ledger import EthereumLedger, Settings
from tracehold.adapters.ethereum.nonces import OwnNonces
from tracehold.adapters.ethereum.pins import PinFile, Pinning, Pins
from tracehold.adapters.ethereum.settings import FeePolicy
from tracehold.adapters.keyfiles import KeyFiles, Succession, read_ledger_key, read_signing_key
from tracehold.adapters.keyfiles.sole import sole_user
from tracehold.adapters.sqlite_log.log import SqliteLog
from tracehold.config import Config
from tracehold.core.errors import Broken, Rejected, TraceholdError, Unavailable
from tracehold.core.ids import LogId, NetworkId
from tracehold.core.record import parse
from tracehold.core.roster import Roster
from tracehold.journey.follow import untold
from tracehold.journey.own_log import Identity, OwnLog, open_log
from tracehold.journey.ports import Ledger, RecordLog

LOG_FOLDER_MODE = 0o700
GWEI = 10**9
"""Wei."""
REBUILDING = "rebuilding"
"""A file of this name in the data folder: its log comes back from elsewhere, and must not be made anew."""
PINS_FILE = "chain.json"
"""Which chain and contract the node was made for."""


def data_folder(config: Config) -> Path:
    """The data folder, made if it is missing. Raises `Broken("STORE_FAILED")`."""
    folder = config.node.data_dir
    try:
        folder.mkdir(mode=LOG_FOLDER_MODE, parents=True, exist_ok=True)
    except OSError as error:
        raise Broken("STORE_FAILED", f"cannot make the data folder {folder}") from error
    return folder


def contract_of(config: Config) -> bytes:
    """The contract's address, 20 bytes. Raises `Rejected("BAD_CONFIG")` where none is set."""
    if not config.ledger.contract:
        remedy = "Run tracehold contract deploy, or set the contract of the network to join."
        raise Rejected("BAD_CONFIG", "no contract is set", path="ledger.contract", remedy=remedy)
    return address(config.ledger.contract)


def succession(config: Config) -> Succession:
    """What is to take the place of the node's key files."""
    keys = config.keys
    return Succession(KeyFiles(keys.node, keys.ledger, keys.tls_certificate, keys.tls_key))


@asynccontextmanager
async def open_ledger(
    config: Config, told: Callable[[TraceholdError], None] | None = None
) -> AsyncIterator[EthereumLedger]:
    """The contract as the node's account sees it. Nothing is asked of the chain before the first question.

    Whoever gives `told`, a node that runs, hears of addresses of a wrong chain and has the ledger key alone:
    KEY_BUSY while another process has it.
    """
    settings = _settings(config, contract_of(config), read_ledger_key(config.keys.ledger))
    pins = PinFile(config.node.data_dir / PINS_FILE)

    async def keep(found: Pins) -> None:
        # Only where a node has a log already, or makes it now: a look at a chain binds nothing.
        if config.node.data_dir.is_dir() and pins.read() != found:
            await asyncio.to_thread(pins.keep, found)

    ledger = EthereumLedger(settings, (), Pinning(settings, pins.read(), keep), told or untold)
    try:
        with sole_user(config.keys.ledger) if told else nullcontext():
            yield ledger
    finally:
        await ledger.close()


def _settings(config: Config, contract: bytes, secret: bytes | None = None) -> Settings:
    return Settings(
        rpc=config.ledger.rpc,
        contract=contract,
        fallback_rpcs=config.ledger.fallback_rpcs,
        chain_id=config.ledger.chain_id,
        genesis=bytes.fromhex(config.ledger.genesis.removeprefix("0x")),
        secret=secret,
        finality=config.ledger.finality,
        fees=fee_policy(config),
    )


def reached(config: Config, contract: bytes | None = None) -> Client:
    """The chain of this folder's contract, or of another one that is named, by whichever of its addresses
    answers; none is asked before it is found to be of the right chain. Before there is a contract (empty)
    chain id and genesis are compared alone. The caller closes it. Raises BAD_CONFIG, and what is Broken in
    what was kept of the chain.
    """
    settings = _settings(config, contract_of(config) if contract is None else contract)
    pinning = Pinning(settings, PinFile(config.node.data_dir / PINS_FILE).read())
    admit = pinning.admit if settings.contract else pinning.admit_chain
    return Client(line=Endpoints(clients_of(settings, ()), admit, untold))


def fee_policy(config: Config) -> FeePolicy:
    """What accounts of this folder may offer for a unit of gas."""
    return FeePolicy(round(config.ledger.max_fee_gwei * GWEI), config.ledger.replace_factor)


@asynccontextmanager
async def sending(config: Config, secret: bytes, nonces: OwnNonces | None = None) -> AsyncIterator[Admin]:
    """Transactions of one account to the contract, on a connection of their own. A node that runs gives the
    `nonces` of its ledger: it would take them for another's.
    """
    client = reached(config)
    try:
        patience = config.ledger.replace_after_s
        fees = fee_policy(config)
        yield Admin(client, secret, asyncio.sleep, fees=fees, nonces=nonces, replace_after_s=patience)
    finally:
        await client.close()


async def open_own(config: Config, store: RecordLog, ledger: Ledger) -> OwnLog:
    """The node's own log, made at the first start. Only the first start needs the
    chain, which knows the network's id.

    Raises what `open_log` raises, BAD_CONFIG, CHAIN_DOWN at the first start, and REBUILD_INCOMPLETE where a
    log
    is to come back into the folder, and nothing of it is there.
    """
    network = await _network(store)
    if network is None:
        if (config.node.data_dir / REBUILDING).exists():
            said = "tracehold rebuild was begun in this folder, and has nothing of the log yet"
            raise Unavailable("REBUILD_INCOMPLETE", said)
        network = (await ledger.network()).network_id
    predecessor = LogId(bytes.fromhex(config.node.predecessor)) if config.node.predecessor else None
    return await open_log(store, identity_of(config, network), time.time, os.urandom, predecessor)


def identity_of(config: Config, network: NetworkId) -> Identity:
    """Who the folder's keys make of the node. Raises BAD_CONFIG."""
    new = succession(config).files().node
    following = read_signing_key(new) if new != config.keys.node else None
    return Identity(config.node.operator, read_signing_key(config.keys.node), network, following)


async def check_network(own: OwnLog, ledger: Ledger) -> None:
    """Returns if the contract is that of the log's network; raises `Broken("WRONG_CHAIN")`, CHAIN_DOWN."""
    network, ours = (await ledger.network()).network_id, own.identity.network
    if network != ours:
        message = f"the contract is of network {network.hex()}, the log of network {ours.hex()}"
        raise Broken("WRONG_CHAIN", message)


@asynccontextmanager
async def open_store(config: Config) -> AsyncIterator[SqliteLog]:
    """The record log of the node's folder. Raises STORE_BUSY while a
    node runs on it, and Broken as its adapter says.
    """
    async with SqliteLog.open(data_folder(config)) as store:
        yield store


async def _network(store: RecordLog) -> NetworkId | None:
    """The network that the stored log was made for; None before there is a log."""
    logs = await store.logs()
    if not logs:
        return None
    header, *_ = await store.read(logs[0], 0, 1)
    return Roster.from_header(parse(header.raw)).network
