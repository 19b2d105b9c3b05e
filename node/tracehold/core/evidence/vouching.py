"""Whether what a file proves is about the network, contract, blocks and operator that the verifier trusts.

UNTRUSTED where the proof is about something else than what is trusted; PROOF_INVALID where the verifier's
chain contradicts it.
"""

from tracehold.core.anchor import Anchor
from tracehold.core.anchorproof import check_event
from tracehold.core.errors import Rejected
from tracehold.core.evidence.trust import ChainView, Trust
from tracehold.core.roster import Roster
from tracehold.core.trie import keccak256


def check_log(trust: Trust, chain: ChainView | None, roster: Roster) -> bool:
    """Whether the trust file pins this log. Raises UNTRUSTED for a log of another network than the pinned
    one or the chain's, or of none of the pinned nodes.
    """
    _agree("network", roster.network, trust.network)
    if chain is not None:
        _agree("network", roster.network, chain.network)
    if trust.nodes and roster.log not in trust.nodes.values():
        raise Rejected("UNTRUSTED", f"log {roster.log.hex()} is not that of a pinned node")
    return bool(trust.nodes)


def check_pins(trust: Trust, anchor: Anchor, block_hashes: tuple[bytes, ...]) -> str:
    """What the trust file says of the anchor, whose block and those proved upon it have these hashes.

    Raises UNTRUSTED where a pin is missing or another.
    """
    if trust.network is None or trust.chain_id is None or trust.contract is None:
        raise Rejected("UNTRUSTED", "network, chain id and contract must be pinned")
    _check_contract(anchor, trust.chain_id, trust.contract)
    if not trust.block_hashes.intersection(block_hashes):
        raise Rejected("UNTRUSTED", f"block {anchor.block_hash.hex()} is not pinned, nor is one upon it")
    log = trust.nodes.get(anchor.node)
    if log is None:
        raise Rejected("UNTRUSTED", f"the log of node {anchor.node} is not pinned")
    _agree(f"log of node {anchor.node}", anchor.log, log)
    return f"pinned block on chain {anchor.chain_id}, pinned log of node {anchor.node}"


def check_chain(chain: ChainView, anchor: Anchor, roster: Roster, size: int) -> str:
    """What the verifier's chain says of the anchor, and of the node that made it; `size` is that of the
    checkpoint.

    Without the node key and the operator's party a member could anchor a log whose header, which is its own
    word, names another operator. Raises UNTRUSTED for another chain or contract, PROOF_INVALID where this one
    contradicts, NOT_ANCHORED where the block is not final yet.
    """
    _check_contract(anchor, chain.chain_id, chain.contract)
    if chain.block_hash != anchor.block_hash:
        got = chain.block_hash.hex() if chain.block_hash else "none"
        raise _false(f"block {anchor.block_number} of the chain is {got}, expected {anchor.block_hash.hex()}")
    if chain.event is None:
        raise _false("the chain has no such event")
    check_event(chain.event, anchor)
    party_hash = keccak256(roster.operator.encode())
    _same(anchor.node, "log", chain.node_log, anchor.log)
    key = roster.node_key.raw
    if not (size < anchor.size and key in chain.former_keys):
        # A checkpoint that the anchored state grew from may be of a key that was replaced in between.
        _same(anchor.node, "key", chain.node_key, key)
    _same(anchor.node, "operator, as keccak256 of its party,", chain.operator_hash, party_hash)
    if anchor.block_number > chain.final_number:
        raise Rejected("NOT_ANCHORED", f"block {anchor.block_number}; final is {chain.final_number}")
    return f"final on the given chain {anchor.chain_id}, log, key and operator of node {anchor.node}"


def _check_contract(anchor: Anchor, chain_id: int, contract: bytes) -> None:
    _agree("contract", anchor.contract, contract)
    if chain_id != anchor.chain_id:
        raise Rejected("UNTRUSTED", f"chain id {anchor.chain_id}, expected {chain_id}")


def _same(node: int, what: str, told: bytes | None, expected: bytes) -> None:
    if told != expected:
        got = told.hex() if told else "none"
        raise _false(f"node {node} has {what} {got} in the contract, expected {expected.hex()}")


def _agree(what: str, got: bytes, expected: bytes | None) -> None:
    if expected is not None and got != expected:
        raise Rejected("UNTRUSTED", f"{what} {got.hex()}, expected {expected.hex()}")


def _false(message: str) -> Rejected:
    return Rejected("PROOF_INVALID", message)
