"""Blocks sealed as on a Clique chain, and anchors with acknowledgements; signed with coincurve and encoded
with
rlp, not with our own readers.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import rlp
from coincurve import PrivateKey

from tests.blocks import BLOCK_TIME, CHAIN_ID, CONTRACT, anchored_log, keccak256, receipt, trie_of
from tests.logs import FARM, MILL, Log
from tracehold.adapters.ethereum import acks
from tracehold.core.anchor import Anchor, AnchorProof
from tracehold.core.anchorproof import AnchoredEvent
from tracehold.core.evidence import Accounts, Signers

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SALT = b"\x09" * 32
NUMBER = 7


def key(name: str) -> PrivateKey:
    """A key that follows from its name."""
    return PrivateKey(keccak256(name.encode()))


def address(name: str) -> bytes:
    """The account of that key."""
    return acks.address_of(key(name).public_key)


SEALERS = sorted(("sealer 1", "sealer 2", "sealer 3", "sealer 4"), key=address)
"""In the order of their addresses: block n is the turn of the one at n % 4."""

SIGNERS = Signers(frozenset(map(address, SEALERS)), 3)

HOLDERS = {2: FARM, 3: MILL, 4: "https://id.gs1.org/417/9521321000041"}
"""Operators of the holders' nodes."""

ACCOUNTS = Accounts(
    SALT, {of: {node: frozenset({address(f"node {node}")})} for node, of in HOLDERS.items()}, 2
)


def header(number: int, parent: bytes, root: bytes, extra: bytes, difficulty: int, **other: Any) -> list[Any]:
    """The fields of a header of London; what a proof does not read is empty."""
    fields = [parent, bytes(32), bytes(20), bytes(32), bytes(32), root, bytes(256), difficulty, number]
    time: int = other.get("time", BLOCK_TIME + number - NUMBER)
    return [*fields, 30_000_000, 21_000, time, extra, bytes(32), bytes(8), 7]


def seal(fields: list[Any], by: str) -> bytes:
    """RLP of the header with this key's seal at the end of its extraData."""
    bare = rlp.encode(fields)
    found = key(by).sign_recoverable(keccak256(bare), hasher=None)
    return rlp.encode([*fields[:12], fields[12] + found, *fields[13:]])


def sealed(
    sealers: Sequence[str], root: bytes = bytes(32), *, listed: bytes = b"", difficulties: Sequence[int] = ()
) -> tuple[bytes, ...]:
    """Headers from block 7 on, the first with this receipts root, each sealed by the one named."""
    headers: list[bytes] = []
    for at, by in enumerate(sealers):
        number, parent = NUMBER + at, keccak256(headers[-1]) if headers else bytes(32)
        turn = 2 if by in SEALERS and SEALERS[number % len(SEALERS)] == by else 1
        difficulty = difficulties[at] if difficulties else turn
        fields = header(number, parent, bytes(32) if at else root, bytes(32) + listed, difficulty)
        headers.append(seal(fields, by))
    return tuple(headers)


def acknowledged(
    log: Log, size: int, prev_size: int = 0, nodes: Sequence[int] = (2, 3), /, **changes: Any
) -> tuple[tuple[int, bytes], ...]:
    """The holders' acknowledgements of an anchor, or of one with changes: `chain_id`, `contract`, `salt`,
    `node`,
    `size`, `root`, `prev_root`, `names` (whose keys sign).
    """
    at = {"chain_id": CHAIN_ID, "contract": CONTRACT, "salt": SALT}
    domain = acks.Domain(**{name: changes.get(name, value) for name, value in at.items()})
    before = changes.get("prev_root", log.root(prev_size) if prev_size else bytes(32))
    root, said_size = changes.get("root", log.root(size)), changes.get("size", size)
    said = acks.Ack(
        changes.get("node", 1), log.id, changes.get("prev_size", prev_size), before, said_size, root
    )
    names = changes.get("names", [f"node {node}" for node in nodes])
    digest = said.digest(domain)
    return tuple((node, acks.sign(digest, key(name))) for node, name in zip(nodes, names, strict=True))


def clique_anchor(
    log: Log,
    size: int,
    prev_size: int = 0,
    *,
    sealers: Sequence[str] = (SEALERS[3], SEALERS[0], SEALERS[1]),
    acknowledgements: tuple[tuple[int, bytes], ...] | None = None,
    **other: Any,
) -> Anchor:
    """The anchor of `log` in block 7 of a Clique chain, with the acknowledgements of nodes 2 and 3."""
    given = acknowledged(log, size, prev_size) if acknowledgements is None else acknowledgements
    event = AnchoredEvent(1, prev_size, size, log.root(size), tuple(node for node, _ in given))
    trie = trie_of([receipt([anchored_log(event)])])
    headers = sealed(sealers, trie.root_hash, **other)
    path = tuple(rlp.encode(node) for node in trie.get_proof(rlp.encode(0)))
    before = (log.root(prev_size) if prev_size else bytes(32)) if given else b""
    proof = AnchorProof(headers, 0, path, given, before)
    where = (CHAIN_ID, CONTRACT, 1, log.id, prev_size, size, event.root, NUMBER)
    return Anchor(*where, keccak256(headers[0]), BLOCK_TIME, bytes(32), 0, proof)


def with_proof(anchor: Anchor, **changes: Any) -> Anchor:
    """The anchor with a proof that says something else."""
    assert anchor.proof is not None
    found = replace(anchor.proof, **changes)
    return replace(anchor, proof=found, block_hash=keccak256(found.headers[0]))
