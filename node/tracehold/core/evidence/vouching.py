"""Whether what a file proves is about the network and the operator that the verifier trusts, and what its own
chain says of it.

UNTRUSTED where the proof is about something else than what is trusted; PROOF_INVALID where the verifier's
chain contradicts it.
"""

from tracehold.core.anchor import Anchor
from tracehold.core.anchorproof import check_event
from tracehold.core.errors import Rejected
from tracehold.core.evidence.pins import Ground, agree, check_contract
from tracehold.core.evidence.trust import ChainView, Trust
from tracehold.core.roster import Roster
from tracehold.core.trie import keccak256


def check_log(trust: Trust, chain: ChainView | None, roster: Roster) -> bool:
    """Whether the trust file pins this log. Raises UNTRUSTED for a log of another network than the pinned
    one or the chain's, or of none of the pinned nodes.
    """
    agree("network", roster.network, trust.network)
    if chain is not None:
        agree("network", roster.network, chain.network)
    if trust.nodes and roster.log not in trust.nodes.values():
        raise Rejected("UNTRUSTED", f"log {roster.log.hex()} is not that of a pinned node")
    return bool(trust.nodes)


def check_chain(chain: ChainView, anchor: Anchor, roster: Roster, size: int) -> Ground:
    """What the verifier's chain says of the anchor, and of the node that made it; `size` is that of the
    checkpoint.

    Without the node key and the operator's party a member could anchor a log whose header, which is its own
    word, names another operator. Raises UNTRUSTED for another chain or contract, PROOF_INVALID where this one
    contradicts, NOT_ANCHORED where the block is not final yet.
    """
    check_contract(anchor, chain.chain_id, chain.contract)
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
    said = f"final on the given chain {anchor.chain_id}, log, key and operator of node {anchor.node}"
    return Ground("chain", said, "what the chain that was given answered")


def _same(node: int, what: str, told: bytes | None, expected: bytes) -> None:
    if told != expected:
        got = told.hex() if told else "none"
        raise _false(f"node {node} has {what} {got} in the contract, expected {expected.hex()}")


def _false(message: str) -> Rejected:
    return Rejected("PROOF_INVALID", message)
