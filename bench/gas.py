"""Writes docs/gas.md: what each call of the contract costs, measured on py-evm (Prague rules), the engine of
the devchain, in blocks of one transaction.

    .venv/bin/python -m bench.gas           measure, write the page
    .venv/bin/python -m bench.gas --check    measure, compare; exit 1 on a difference
    .venv/bin/python -m bench.gas --json     measure, print

Gas does not depend on the machine, so the page is compared in `make check`.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from coincurve import PrivateKey

from bench.gas_chain import RANDOM, Bench, log_of
from tracehold.adapters.ethereum import abi, acks
from tracehold.core.limits import SEGMENT_ENTRIES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "gas.md"
INTRO = """\
# What the contract costs

Written by `bench/gas.py`; do not edit. Measured on py-evm with Prague rules, the engine of the devchain,
each transaction in a block of its own, so that nothing is warm. Solidity 0.8.37, IR pipeline, optimizer 200
runs, for `paris`. Signatures and roots are random: each of their bytes that happens to be zero saves 12.

An anchor does not read, write or send anything per record: what it costs depends on the number of
acknowledgements and on whether it is a log's first. An anchor ends at a segment's end at the latest, after
65,536 records, so that 100,000 records take two.

`verifyInclusion` is a view: asked from outside a chain it costs nothing. Another contract pays what stands
here. *Whole call* is the execution with nothing warm; *check* the same without what a cold read of the
head's two slots adds (4,000): decoding, leaf hash, path and comparison. *Full tree* is the usual case;
*right border* the other end: the last entry of a tree of which every bit of the size is set, whose siblings
all stand on the left. The way through the code is as long.

| call | gas |
|---|---|
"""
NODE_RECORD = RANDOM.randbytes(900)  # a usual one: endpoints, a P-256 certificate, a signature


def climb(leaf: bytes, sides: int, path: list[bytes]) -> bytes:
    """Root over a path; bit i of the sides tells that sibling i stands on the left."""
    for level, sibling in enumerate(path):
        pair = sibling + leaf if sides >> level & 1 else leaf + sibling
        leaf = sha256(b"\x01" + pair).digest()
    return leaf


def membership(bench: Bench) -> Iterator[tuple[str, int]]:
    """Deployment and four operators with a node each; account 0 is the admin, node n is of operator n."""
    admin = acks.address_of(bench.keys[0].public_key)
    yield "deploy", bench.transact(0, abi.encode_deploy(RANDOM.randbytes(32), admin, 0))
    for number in range(1, 5):
        operator = bench.call(0, "enrolOperator", f"https://id.gs1.org/417/952114123450{number}")
        account = acks.address_of(bench.keys[number].public_key)
        arguments = (number, account, RANDOM.randbytes(32), log_of(number), 3, NODE_RECORD)
        node = bench.call(0, "enrolNode", *arguments)
        if number in (1, 4):
            which = "first" if number == 1 else "later"
            yield f"enrolOperator, {which}", operator
            yield f"enrolNode, {which}, record of {len(NODE_RECORD)} bytes", node
        if number == 1:
            yield "anchor, first, 0 acknowledgements", bench.anchor(1, 100, RANDOM.randbytes(32))
            bench.anchor(1, 200, RANDOM.randbytes(32))
            yield "anchor, later, 0 acknowledgements", bench.anchor(1, 300, RANDOM.randbytes(32))
    yield "setNodeRoles", bench.call(0, "setNodeRoles", 4, 2)
    bench.call(0, "setNodeRoles", 4, 3)


def acknowledged(bench: Bench) -> Iterator[tuple[str, int]]:
    """Anchors of a network with four operators."""
    for creator, signers in ((2, (1,)), (3, (1, 2)), (4, (1, 2, 3))):
        used = bench.anchor(creator, 100, RANDOM.randbytes(32), signers)
        yield f"anchor, first, {_acknowledgements(signers)}", used
    for signers in ((2,), (2, 3), (2, 3, 4)):
        used = bench.anchor(1, 1_000 * len(signers), RANDOM.randbytes(32), signers)
        yield f"anchor, later, {_acknowledgements(signers)}", used


def _acknowledgements(signers: tuple[int, ...]) -> str:
    return f"{len(signers)} acknowledgement{'s' if len(signers) > 1 else ''}"


def flat(bench: Bench) -> Iterator[tuple[str, int]]:
    """One later anchor with two acknowledgements over more and more records of node 3."""
    size = 100
    for count in (1, 10, 100, 1_000, 10_000, SEGMENT_ENTRIES - 11_211):
        size += count
        used = bench.anchor(3, size, RANDOM.randbytes(32), (1, 2))
        yield f"anchor, later, 2 acknowledgements, {count:,} record{'s' if count > 1 else ''}", used
    parts = (SEGMENT_ENTRIES, 100_000 - SEGMENT_ENTRIES)
    used = sum(bench.anchor(3, size := size + part, RANDOM.randbytes(32), (1, 2)) for part in parts)
    yield "100,000 records: two later anchors, 2 acknowledgements each", used


def inclusion(bench: Bench) -> Iterator[tuple[str, int]]:
    """Checks of trees of some depths, and a supersede."""
    for depth in (10, 17, 27):
        for tree, size, index in (
            ("full tree", 1 << depth, 1 << depth - 1 | 5),
            ("right border", (2 << depth) - 1, (2 << depth) - 2),
        ):
            entry, path = RANDOM.randbytes(32), [RANDOM.randbytes(32) for _ in range(depth)]
            sides = index if tree == "full tree" else (1 << depth) - 1
            root = int.from_bytes(climb(sha256(b"\x00" + entry).digest(), sides, path))
            for said, warm in (("whole call", False), ("check", True)):
                arguments = (2, entry, index, path)
                (holds,), used = bench.read("verifyInclusion", *arguments, head=(root, size), warm=warm)
                if not holds:
                    raise AssertionError(f"depth {depth}: a good path does not hold")
                yield f"verifyInclusion, depth {depth}, {tree}, {said}", used
    yield "supersede, depth 17", _supersede(bench, 17)


def _supersede(bench: Bench, depth: int) -> int:
    path, entry, index = [RANDOM.randbytes(32) for _ in range(depth)], RANDOM.randbytes(32), 5
    for size in range(SEGMENT_ENTRIES, 1 << depth, SEGMENT_ENTRIES):
        bench.anchor(2, size, RANDOM.randbytes(32), (1,))
    bench.anchor(2, 1 << depth, climb(sha256(b"\x00" + entry).digest(), index, path), (1,))
    return bench.call(2, "supersede", entry, RANDOM.randbytes(32), index, path)


def ends(bench: Bench) -> Iterator[tuple[str, int]]:
    """What a node does seldom, and what ends something."""
    account = acks.address_of(PrivateKey(sha256(b"new account").digest()).public_key)
    arguments = (account, sha256(b"new key").digest(), NODE_RECORD)
    yield f"replaceKeys, record of {len(NODE_RECORD)} bytes", bench.call(4, "replaceKeys", *arguments)
    yield "archive", bench.call(2, "archive", 0, RANDOM.randbytes(32))
    yield "retire", bench.call(2, "retire", 1 << 17)
    yield "revokeNode", bench.call(2, "revokeNode", 2)
    yield "revokeOperator, with one node", bench.call(0, "revokeOperator", 3)


def measure() -> dict[str, int]:
    """Gas by what was done."""
    RANDOM.seed(1)
    bench = Bench()
    parts = (membership, acknowledged, flat, inclusion, ends)
    return dict(row for part in parts for row in part(bench))


def render(rows: dict[str, int]) -> str:
    """The page."""
    return INTRO + "".join(f"| {name} | {used:,} |\n" for name, used in rows.items())


def main() -> None:
    """Write the page, compare it, or print what was measured."""
    parser = argparse.ArgumentParser(description="Gas of the contract's calls.")
    parser.add_argument("--check", action="store_true", help="compare with docs/gas.md instead of writing it")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the page")
    given = parser.parse_args()
    rows = measure()
    if given.json:
        print(json.dumps(rows))
    elif not given.check:
        PAGE.write_text(render(rows))
    elif not PAGE.exists() or PAGE.read_text() != render(rows):
        sys.exit("docs/gas.md is not what the contract costs: run .venv/bin/python -m bench.gas")


if __name__ == "__main__":
    main()
