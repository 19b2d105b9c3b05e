"""The first block of a Clique network (EIP-225), as geth's `init` reads it.

Every fork up to London is in force from block 0, and none after it: geth takes a genesis with Shanghai in it,
and Clique then refuses its headers. So contracts are compiled for Paris or older. There is no terminal total
difficulty: this chain stays with its sealers.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tracehold.core.errors import Rejected

FORKS = (
    *("homesteadBlock", "eip150Block", "eip155Block", "eip158Block", "byzantiumBlock"),
    *("constantinopleBlock", "petersburgBlock", "istanbulBlock", "berlinBlock", "londonBlock"),
)
EPOCH = 30_000
"""Blocks after which pending votes are dropped and the sealers stand in a header again; EIP-225's number."""
VANITY, SEAL = bytes(32), bytes(65)
"""What stands before and after the sealers in the extraData of a genesis (EIP-225)."""
ADDRESS = 20
GAS_LIMIT = 30_000_000
BASE_FEE = 10**9
"""Wei per gas in block 0 (EIP-1559); it falls by an eighth in every empty block."""
TREASURE = 10**24
"""Wei of the treasury: a million ether, which cost nothing."""
MOST_SEALERS = 64
MOST_CHAIN_ID = 2**53 - 1
"""Larger numbers are no exact numbers in JavaScript, which reads them too."""


def genesis(chain_id: int, period: int, sealers: Sequence[bytes], treasury: bytes) -> dict[str, Any]:
    """The document. `period` are the seconds between blocks; all funds are the treasury's. Sealers in any
    order: the chain has them sorted, else each would make another genesis.

    Raises BAD_REQUEST for what cannot be a chain.
    """
    _check(chain_id, period, sealers)
    return {
        "config": {
            "chainId": chain_id,
            **dict.fromkeys(FORKS, 0),
            "clique": {"period": period, "epoch": EPOCH},
        },
        "difficulty": "0x1",
        "gasLimit": hex(GAS_LIMIT),
        "baseFeePerGas": hex(BASE_FEE),
        "extraData": f"0x{(VANITY + b''.join(sorted(sealers)) + SEAL).hex()}",
        "alloc": {treasury.hex(): {"balance": hex(TREASURE)}},
    }


def text_of(document: Mapping[str, Any]) -> str:
    """A genesis as it stands in its file."""
    return json.dumps(document, indent=1) + "\n"


def genesis_in(path: Path) -> dict[str, Any]:
    """The genesis of this file. Raises NOT_FOUND, and BAD_REQUEST where it is none of a Clique chain."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Rejected("NOT_FOUND", f"{path} is missing", path="genesis") from error
    except (OSError, ValueError) as error:
        raise _no_clique(f"{path} is no JSON") from error
    if not isinstance(document, dict):
        raise _no_clique(f"{path} holds no object")
    sealers_of(document)
    chain_id_of(document)
    period_of(document)
    return document


def sealers_of(document: Mapping[str, Any]) -> tuple[bytes, ...]:
    """Addresses of the sealers of block 0. Raises BAD_REQUEST where this is no genesis of a Clique chain."""
    try:
        extra = bytes.fromhex(document["extraData"].removeprefix("0x"))
        found = extra[len(VANITY) : -len(SEAL)]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _no_clique("it has no extraData") from error
    if not found or len(found) % ADDRESS or len(extra) != len(VANITY) + len(found) + len(SEAL):
        raise _no_clique("its extraData names no sealers")
    return tuple(found[at : at + ADDRESS] for at in range(0, len(found), ADDRESS))


def period_of(document: Mapping[str, Any]) -> int:
    """Seconds between blocks. Raises BAD_REQUEST where this is no genesis of a Clique chain."""
    return _number(document, "clique", "period")


def chain_id_of(document: Mapping[str, Any]) -> int:
    """The EIP-155 id. Raises BAD_REQUEST where this is no genesis of a chain."""
    return _number(document, "chainId")


def _number(document: Mapping[str, Any], *path: str) -> int:
    found: Any = document.get("config")
    for step in path:
        found = found.get(step) if isinstance(found, Mapping) else None
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise _no_clique(f"config.{'.'.join(path)} is missing")
    return found


def _no_clique(why: str) -> Rejected:
    return Rejected(
        "BAD_REQUEST",
        f"this is no genesis of a Clique chain: {why}",
        path="genesis",
        remedy="Name the genesis.json that the network was made with.",
    )


def _check(chain_id: int, period: int, sealers: Sequence[bytes]) -> None:
    if not 1 <= chain_id <= MOST_CHAIN_ID:
        raise Rejected("BAD_REQUEST", f"a chain id is 1 to {MOST_CHAIN_ID}", path="chain_id")
    if not 1 <= period <= 3600:
        raise Rejected("BAD_REQUEST", "a period is 1 to 3600 seconds", path="period")
    if not 1 <= len(sealers) <= MOST_SEALERS:
        raise Rejected("BAD_REQUEST", f"a network has 1 to {MOST_SEALERS} sealers", path="validators")
    if len(set(sealers)) != len(sealers) or any(len(sealer) != ADDRESS for sealer in sealers):
        raise Rejected("BAD_REQUEST", "sealers are distinct addresses of 20 bytes", path="validators")
