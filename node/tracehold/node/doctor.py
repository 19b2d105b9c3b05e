"""What may be wrong with a node, asked one thing after the other: each
answer says cause and remedy. Nothing is repaired.
"""

import datetime
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from cryptography import x509

from tracehold.adapters.ethereum.ledger import EthereumLedger
from tracehold.adapters.keyfiles import certificate_der, read_ledger_key, read_secret, read_signing_key
from tracehold.adapters.sqlite_log.log import SqliteLog
from tracehold.config import Config
from tracehold.core.errors import Rejected, TraceholdError, Unavailable
from tracehold.journey.chainguard import poverty, stalled
from tracehold.journey.fsck import Progress, check_against_chain, check_log
from tracehold.journey.onchain import Link, creates, enrolled
from tracehold.journey.pointing import Stage, failure
from tracehold.journey.states import States
from tracehold.node.blobs import describe, examined
from tracehold.node.graph import open_graph
from tracehold.node.own import check_network, data_folder, open_ledger, open_own, open_store
from tracehold.node.pointerfiles import PointerFiles
from tracehold.node.retiring import is_retired

OLDER = "A start gets the rest from the holders before it seals; never start it beside a newer copy."
EVIDENCE = "Give the evidence (tracehold fork show LOG --out FILE) to the creator's operator and the others."
EXPIRY_WARNING = datetime.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at: well, or what is wrong and what to do."""

    name: str
    well: bool
    detail: str
    remedy: str = ""


async def examine(config: Config, progress: Progress) -> AsyncIterator[Diagnosis]:
    """Every part in turn. Raises nothing of ours: what fails is a diagnosis."""
    yield await _look("keys", lambda: _keys(config))
    yield await _look("certificate", lambda: _certificate(config))
    yield await _look("disk", lambda: _disk(config))
    if config.graph.store != "sqlite":
        yield await _look("graph", lambda: _graph(config))
    if config.attachments.store == "kubo":
        yield await _look("ipfs", lambda: _ipfs(config))
    try:
        async with open_ledger(config) as ledger:
            yield await _look("chain", lambda: _chain(ledger))
            yield await _look("finality", lambda: _finality(ledger))
            yield await _look("blocks", lambda: _blocks(config, ledger))
            yield await _look("funds", lambda: _funds(config, ledger))
            yield await _look("membership", lambda: _membership(config, ledger))
            yield await _look("log", lambda: _stored(config, partial(_own, config, ledger, progress)))
        yield await _look("superseding", lambda: _superseding(config))
        yield await _look("kept logs", lambda: _stored(config, partial(_kept, progress)))
    except TraceholdError as error:
        yield _wrong("ledger", error)


async def _look(name: str, work: Callable[[], Awaitable[str]]) -> Diagnosis:
    try:
        return Diagnosis(name, well=True, detail=await work())
    except TraceholdError as error:
        return _wrong(name, error)


def _wrong(name: str, error: TraceholdError) -> Diagnosis:
    return Diagnosis(name, well=False, detail=f"{error.code}: {error.message}", remedy=error.remedy)


async def _keys(config: Config) -> str:
    read_signing_key(config.keys.node)
    read_ledger_key(config.keys.ledger)
    read_secret(config.keys.tls_key)
    return "node, ledger and TLS keys are there and closed to others"


async def _certificate(config: Config) -> str:
    leaf = x509.load_der_x509_certificate(certificate_der(config.keys.tls_certificate))
    left = leaf.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    if left < EXPIRY_WARNING:
        remedy = "Run tracehold certificate on the folder, restart the node."
        raise Rejected("BAD_CONFIG", f"the certificate ends in {left.days} days", remedy=remedy)
    return f"valid for {left.days} more days"


async def _disk(config: Config) -> str:
    free = shutil.disk_usage(data_folder(config)).free
    if free < config.limits.disk_reserve_bytes:
        raise Unavailable(
            "DISK_LOW", f"{free} bytes are free, {config.limits.disk_reserve_bytes} are kept free"
        )
    return f"{free / (1 << 30):.1f} GiB free"


async def _graph(config: Config) -> str:
    async with open_graph(config) as graph:
        covered = await graph.coverage()
    entries = sum(stop - start for spans in covered.values() for start, stop in spans)
    return f"{config.graph.uri} answers; {entries} entries of {len(covered)} logs are indexed"


async def _ipfs(config: Config) -> str:
    return describe(config, await examined(config))


async def _chain(ledger: EthereumLedger) -> str:
    network = await ledger.network()
    software, height = await ledger.software(), await ledger.height()
    return (
        f"chain {network.chain_id} ({software}) at block {height}, finality {await ledger.finality()}, "
        f"network {network.network_id.hex()}, quorum {network.quorum}"
    )


async def _finality(ledger: EthereumLedger) -> str:
    found = await ledger.outlook.finality()
    addresses = await ledger.outlook.survey()
    bad = [f"{each.place}: {each.detail}" for each in addresses if not each.up]
    if bad:
        raise Unavailable("CHAIN_DOWN", "; ".join(bad))
    return (
        f"{found.policy} ({found.how}); newest final block {found.height}; {len(addresses)} addresses answer"
    )


async def _blocks(config: Config, ledger: EthereumLedger) -> str:
    newest = await ledger.outlook.newest()
    age = time.time() - newest.time
    # A block without transactions: this chain makes them on its own, and should go on.
    if newest.empty and age >= config.ledger.stall_s:
        raise stalled(newest, config.ledger.stall_s)
    return f"the newest, {newest.height}, is {max(0, age):.0f} s old"


async def _funds(config: Config, ledger: EthereumLedger) -> str:
    funds = await ledger.outlook.funds()
    member = await ledger.myself()
    if is_retired(config) and (member is None or not creates(member)):
        return f"{funds.balance} wei; the log ended, so there is nothing to pay for"
    if poor := poverty(funds, config.ledger.low_funds_anchors):
        raise poor
    await ledger.outlook.check_fees()
    if funds.anchors is None:
        return "anchors cost nothing on this chain"
    return f"{funds.balance} wei, enough for {funds.anchors} anchors at the fees of now"


async def _membership(config: Config, ledger: EthereumLedger) -> str:
    member = await ledger.myself()
    if member is not None and not member.active and is_retired(config):
        return f"node {member.number} of {member.operator}: revoked, and its log is retired"
    if member is None or not member.active:
        raise Rejected("NOT_A_MEMBER", "the contract knows no active node with this account")
    return f"node {member.number} of {member.operator}: {', '.join(sorted(member.roles))}"


async def _stored(config: Config, work: Callable[[SqliteLog], Awaitable[str]]) -> str:
    """What `work` finds in the store. A running node has it open: it is asked instead."""
    try:
        async with open_store(config) as store:
            return await work(store)
    except Unavailable as error:
        if error.code != "STORE_BUSY":
            raise
        return "a node runs on this folder: see tracehold status; stop it to have every entry checked"


async def _own(config: Config, ledger: EthereumLedger, progress: Progress, store: SqliteLog) -> str:
    """Check every entry of the own log, and the chain's head against it."""
    if not await store.logs():
        return "not made yet: the first start makes it"
    own = await open_own(config, store, ledger)
    found = await check_log(store, own.log, progress)
    line = f"{found.entries} entries, {found.checkpoints} checkpoints, {found.anchors} anchors verified"
    if is_retired(config):
        line += "; retired: it never grows again"
    try:
        await check_network(own, ledger)
        link = Link(store, ledger, States(store), own.log, retired=lambda: is_retired(config))
        member = await enrolled(link)
        head = await ledger.head(member.number)
        if head.size > own.size and config.peers.listen:
            return f"{line}; an older copy: the chain has {head.size}. {OLDER}"
        await check_against_chain(store, ledger, own.log, member.number)
    except (Unavailable, Rejected) as error:
        return f"{line}; not compared with the chain ({error.code})"
    return f"{line}; the chain's head is on it, and what was final still is"


async def _superseding(config: Config) -> str:
    """Pointers that were asked for; also while a node runs."""
    found = PointerFiles(data_folder(config)).every()
    for pointer in found:
        if pointer.stage is Stage.FAILED:
            raise failure(pointer)
    done = sum(pointer.stage is Stage.FINAL for pointer in found)
    return f"{done} pointers are final, {len(found) - done} under way" if found else "nothing was asked for"


async def _kept(progress: Progress, store: SqliteLog) -> str:
    """Check every entry that is kept for others, and whether their logs are still one."""
    others = list(await store.logs())[1:]
    found = [await check_log(store, log, progress) for log in others]
    forks = {fork.log for fork in await store.copies.forks()}
    entries, disputed = sum(each.entries for each in found), sum(each.disputed for each in found)
    line = f"{entries} entries of {len(others)} logs verified, {disputed} of them disputed"
    if forks:
        names = ", ".join(sorted(log.hex() for log in forks))
        said = f"{line}; seen in two states, and acknowledged no more: {names}"
        raise Rejected("FORK_SEEN", said, remedy=EVIDENCE)
    return line
