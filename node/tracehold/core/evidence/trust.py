"""What a verifier trusts before it looks at any evidence: pinned blocks, or a chain of its own choice.

Trust never comes from the evidence (protocol section 6).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracehold.core import strict_json
from tracehold.core.anchorproof import AnchoredEvent
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId, NetworkId

_HEX = re.compile(r"(?:0x)?((?:[0-9a-fA-F]{2})+)", re.ASCII)
_NODE = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)
_KEYS = {"network", "chainId", "contract", "blocks", "nodes"}
_LATER = {"signers", "accounts", "threshold"}


@dataclass(frozen=True, slots=True)
class Trust:
    """Pins: network id, chain id, contract (20 bytes), hashes of blocks that the verifier knows to be
    final, and the logs of the contract's nodes by node number. A log id pins the log's header, and
    with it the operator's name and the node key.
    """

    network: NetworkId | None = None
    chain_id: int | None = None
    contract: bytes | None = None
    block_hashes: frozenset[bytes] = frozenset()
    nodes: Mapping[int, LogId] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChainView:
    """What the verifier's own chain answered about one anchor; plain data, asked by the caller.

    `network` is the contract's network id; `node_log` is what it has for the anchor's node, `node_key`
    (Ed25519,
    32 bytes) the key of that node that was in force at the end of the anchor's block, `former_keys` those
    that it had before; `operator_hash` is keccak256 of the party of that node's operator; `block_hash` and
    `block_time` (seconds) are of the canonical block at the anchor's number, `final_number` the newest final
    block; `event` is the anchor's event as found in that block. None means that there is none.
    """

    chain_id: int
    contract: bytes
    network: NetworkId
    block_hash: bytes | None
    block_time: int | None
    final_number: int
    event: AnchoredEvent | None
    node_log: bytes | None
    node_key: bytes | None
    operator_hash: bytes | None
    former_keys: frozenset[bytes] = frozenset()


def parse_trust(raw: bytes) -> Trust:
    """The trust of a file `{"network": HEX, "chainId": N, "contract": "0x..", "blocks": ["0x..", ...],
    "nodes": {"1": HEX of its log id, ...}}`.

    Raises BAD_CONFIG: for unknown keys too, since a pin that is overlooked is worse than none.
    """
    try:
        parts = strict_json.loads(raw)
    except Rejected as error:
        raise _bad("", f"the trust file is no JSON: {error.message}") from error
    if type(parts) is not dict:
        raise _bad("", "the trust file is an object")
    if later := parts.keys() & _LATER:
        raise _bad(min(later), "trust by signers or by accounts is not served yet; pin blocks")
    if parts.keys() != _KEYS:
        raise _bad("", f"the keys are exactly {', '.join(sorted(_KEYS))}; got {', '.join(sorted(parts))}")
    return Trust(
        NetworkId(_bytes(parts["network"], 32, "network")),
        _chain_id(parts["chainId"]),
        _bytes(parts["contract"], 20, "contract"),
        _blocks(parts["blocks"]),
        _nodes(parts["nodes"]),
    )


def _blocks(value: Any) -> frozenset[bytes]:
    if type(value) is not list or not value:
        raise _bad("blocks", "at least one block hash must be pinned")
    return frozenset(_bytes(entry, 32, "blocks") for entry in value)


def _nodes(value: Any) -> dict[int, LogId]:
    if type(value) is not dict or not value or not all(map(_NODE.fullmatch, value)):
        raise _bad("nodes", "the log of at least one node must be pinned, by the node's number")
    return {int(number): LogId(_bytes(log, 32, f"nodes.{number}")) for number, log in value.items()}


def _chain_id(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise _bad("chainId", "a chain id is a positive number")
    return value


def _bytes(value: Any, length: int, path: str) -> bytes:
    match = _HEX.fullmatch(value) if type(value) is str else None
    if match is None or len(match[1]) != 2 * length:
        raise _bad(path, f"{length} bytes in hex must stand here")
    return bytes.fromhex(match[1])


def _bad(path: str, message: str) -> Rejected:
    return Rejected("BAD_CONFIG", message, path=f"trust.{path}" if path else "trust")
