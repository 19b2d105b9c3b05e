"""Verification against a chain of the user's own choice, never
against one that the evidence or a node names.
"""

import re
from typing import Any

from tracehold.core.anchor import Anchor
from tracehold.core.anchorproof import ANCHORED_TOPIC, AnchoredEvent
from tracehold.core.dossier import examine, read_dossier
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.evidence import ChainView, Report, Trust, decode_evidence, report
from tracehold.core.ids import NetworkId, Root
from tracehold.core.receipt import parse_receipt
from tracehold.core.trie import keccak256
from tracehold_client.jsonrpc import JsonRpc
from tracehold_client.offline import now_ms

CONFIRMATIONS = 12
"""Blocks on top of one that make it final where the chain knows no `finalized` block."""

_WORD = 32
_NETWORK_ID = keccak256(b"networkId()")[:4]
_NODE_AT = keccak256(b"nodeAt(uint32)")[:4]
_NODE_WORDS, _KEY_WORD, _LOG_WORD = 7, 4, 5  # operator, account, roles, active, nodeKey, log, recordHash
_KEY_TOPICS = (
    keccak256(b"NodeEnrolled(uint32,uint32,address,bytes32,bytes32,uint8,bytes)"),
    keccak256(b"NodeReplaced(uint32,address,bytes32,bytes)"),
)
_OPERATOR_AT = keccak256(b"operatorAt(uint32)")[:4]
_OPERATOR_WORDS = 2  # partyHash, active
_ADDRESS = re.compile(r"(?:0x)?([0-9a-fA-F]{40})", re.ASCII)


def verify_with_rpc(
    evidence: bytes,
    rpc_url: str,
    contract: str,
    trust: Trust | None = None,
    *,
    timeout: float = 20.0,
    at_ms: int | None = None,
) -> Report:
    """Check an evidence file against the contract (0x and 40 digits) on the chain behind `rpc_url`.

    The report as of `verify`. Raises MALFORMED_PROOF where the bytes are no evidence file, BAD_REQUEST for a
    malformed address, `Unavailable("CHAIN_DOWN")` where the chain gives no usable answer.
    """
    parts = decode_evidence(evidence)
    address = contract_address(contract)
    at = now_ms() if at_ms is None else at_ms
    try:
        anchor = parse_receipt(parts.receipt).anchor
    except Rejected:
        anchor = None  # the first step says so, in its own words
    if anchor is None:
        return report(parts, trust, None, at)
    return report(parts, trust, chain_view(JsonRpc(rpc_url, timeout=timeout), address, anchor), at)


def verify_dossier_with_rpc(
    raw: bytes,
    rpc_url: str,
    contract: str,
    trust: Trust | None = None,
    *,
    timeout: float = 20.0,
    at_ms: int | None = None,
) -> Report:
    """Check a dossier against the contract on the chain behind `rpc_url`: each of its anchors is asked for
    once. Raises as `verify_with_rpc`.
    """
    dossier, address, rpc = read_dossier(raw), contract_address(contract), JsonRpc(rpc_url, timeout=timeout)
    at = now_ms() if at_ms is None else at_ms
    return examine(dossier, trust, lambda anchor: chain_view(rpc, address, anchor), at)


def contract_address(text: str) -> bytes:
    """The 20 bytes of an address; BAD_REQUEST otherwise."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise Rejected("BAD_REQUEST", f"{text!r} is no contract address", path="contract")
    return bytes.fromhex(match[1])


def chain_view(rpc: JsonRpc, contract: bytes, anchor: Anchor) -> ChainView:
    """What the chain says about one anchor. Nothing of the
    anchor is believed: it only tells where to look.
    """
    block = rpc.call("eth_getBlockByNumber", hex(anchor.block_number), False)
    block_hash = read_bytes(block["hash"], 32) if block else None
    log, key, operator = _node(rpc, contract, anchor.node)
    keys = _keys(rpc, contract, anchor) if key else ()
    return ChainView(
        chain_id=read_number(rpc.call("eth_chainId")),
        contract=contract,
        network=NetworkId(ask_contract(rpc, contract, _NETWORK_ID, 1)),
        block_hash=block_hash,
        block_time=read_number(block["timestamp"]) if block else None,
        final_number=final_number(rpc),
        event=_event(rpc, contract, anchor, block_hash) if block_hash else None,
        node_log=log,
        node_key=keys[-1] if keys else key,
        operator_hash=operator,
        former_keys=frozenset(keys[:-1]),
    )


def _event(rpc: JsonRpc, contract: bytes, anchor: Anchor, block_hash: bytes) -> AnchoredEvent | None:
    """The contract's event of this node in that block; with several, the one of the anchor's size."""
    topics = ["0x" + ANCHORED_TOPIC.hex(), "0x" + anchor.node.to_bytes(_WORD, "big").hex()]
    wanted = {"blockHash": "0x" + block_hash.hex(), "address": "0x" + contract.hex(), "topics": topics}
    found = rpc.call("eth_getLogs", wanted)
    events = [_decoded(entry) for entry in found] if isinstance(found, list) else []
    return next((event for event in events if event.size == anchor.size), events[0] if events else None)


def _decoded(entry: Any) -> AnchoredEvent:
    try:
        node, data = read_bytes(entry["topics"][1], _WORD), bytes.fromhex(entry["data"].removeprefix("0x"))
        words = [data[at : at + _WORD] for at in range(0, len(data), _WORD)]
        ackers = tuple(int.from_bytes(word, "big") for word in words[5:])
        sizes = int.from_bytes(words[0], "big"), int.from_bytes(words[1], "big")
        return AnchoredEvent(int.from_bytes(node, "big"), *sizes, Root(words[2]), ackers)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise unusable("a log") from error


def _node(
    rpc: JsonRpc, contract: bytes, number: int, block: str = "latest"
) -> tuple[bytes | None, bytes | None, bytes | None]:
    """(log, node key, keccak256 of the operator's party) of a node, None for what the contract has not."""
    if number >= 1 << 32:
        return None, None, None  # the contract would refuse the question itself
    answer = ask_contract(rpc, contract, _NODE_AT + number.to_bytes(_WORD, "big"), _NODE_WORDS, block)
    words = [answer[at : at + _WORD] for at in range(0, len(answer), _WORD)]
    party = ask_contract(rpc, contract, _OPERATOR_AT + words[0], _OPERATOR_WORDS)[:_WORD]
    return _unless_zero(words[_LOG_WORD]), _unless_zero(words[_KEY_WORD]), _unless_zero(party)


def _keys(rpc: JsonRpc, contract: bytes, anchor: Anchor) -> tuple[bytes, ...]:
    """The node's keys as its events told them up to the anchor's block, the last one in force at its end.
    Where the chain's node tells no events so far back, what it knows of the state then; else nothing, and the
    present key counts.
    """
    node = "0x" + anchor.node.to_bytes(_WORD, "big").hex()
    wanted = {
        "fromBlock": "0x0",
        "toBlock": hex(anchor.block_number),
        "address": "0x" + contract.hex(),
        "topics": [["0x" + topic.hex() for topic in _KEY_TOPICS], node],
    }
    try:
        found = rpc.call("eth_getLogs", wanted)
        return tuple(map(_key_of, found)) if isinstance(found, list) else ()
    except Unavailable:
        pass
    try:
        _, then, _ = _node(rpc, contract, anchor.node, hex(anchor.block_number))
    except Unavailable:
        then = None
    return (then,) if then else ()


def _key_of(entry: Any) -> bytes:
    """The key in the data of an event: its second word, after the account."""
    return read_log_data(entry)[_WORD : 2 * _WORD]


def read_log_data(entry: Any) -> bytes:
    """The data of a log; CHAIN_DOWN where it is none."""
    try:
        return bytes.fromhex(entry["data"].removeprefix("0x"))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise unusable("a log") from error


def _unless_zero(word: bytes) -> bytes | None:
    return word if any(word) else None


def final_number(rpc: JsonRpc) -> int:
    """The newest final block: as the chain says, or by depth where it does not know that word."""
    try:
        block = rpc.call("eth_getBlockByNumber", "finalized", False)
    except Unavailable:
        block = None
    if block:
        return read_number(block["number"])
    return read_number(rpc.call("eth_blockNumber")) - CONFIRMATIONS


def ask_contract(rpc: JsonRpc, contract: bytes, data: bytes, words: int, block: str = "latest") -> bytes:
    """What a call of the contract returns: so many words. Raises UNTRUSTED where there is none,
    CHAIN_DOWN.
    """
    result = rpc.call("eth_call", {"to": "0x" + contract.hex(), "data": "0x" + data.hex()}, block)
    if result in {"0x", "", None}:
        raise Rejected(
            "UNTRUSTED", f"there is no tracehold contract at 0x{contract.hex()} on the given chain"
        )
    return read_bytes(result, words * _WORD)


def read_bytes(text: Any, length: int) -> bytes:
    """So many bytes of hex digits; CHAIN_DOWN where something else stands there."""
    try:
        value = bytes.fromhex(text.removeprefix("0x"))
    except (ValueError, AttributeError) as error:
        raise unusable("hex digits") from error
    if len(value) != length:
        raise unusable(f"{length} bytes")
    return value


def read_number(text: Any) -> int:
    """The number in hex digits; CHAIN_DOWN where something else stands there."""
    try:
        return int(text, 16)
    except (ValueError, TypeError) as error:
        raise unusable("a number") from error


def unusable(what: str) -> Unavailable:
    """CHAIN_DOWN for an answer that has not what must stand there."""
    return Unavailable("CHAIN_DOWN", f"the chain answers something else where {what} must stand")
