"""Whether an anchor is one that a trust file vouches for: by its blocks, by those who sealed them, or by
those
who acknowledged it.

UNTRUSTED where a pin is missing or another; BAD_SIGNATURE where a seal or an acknowledgement is of nobody.
"""

from dataclasses import dataclass
from typing import Literal

from tracehold.core.acknowledgement import Ack, Domain
from tracehold.core.anchor import Anchor
from tracehold.core.cliqueseal import check_seals
from tracehold.core.errors import Rejected
from tracehold.core.evidence.trust import Accounts, Signers, Trust
from tracehold.core.secp256k1 import compact_account


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason for which an anchor is believed: what was found, and what must be true for it to count."""

    by: Literal["blocks", "signers", "accounts", "chain"]
    found: str
    rests_on: str


def check_pins(
    trust: Trust, anchor: Anchor, block_hashes: tuple[bytes, ...], operator: str
) -> tuple[Ground, ...]:
    """What the trust file says of the anchor, made by this operator, whose block and those proved upon it
    have
    these hashes: a ground for each of the file's parts, all of which must hold. Raises as this module says.
    """
    if trust.network is None or trust.chain_id is None or trust.contract is None:
        raise _untrusted("network, chain id and contract must be pinned")
    check_contract(anchor, trust.chain_id, trust.contract)
    log = trust.nodes.get(anchor.node)
    if log is None:
        raise _untrusted(f"the log of node {anchor.node} is not pinned")
    agree(f"log of node {anchor.node}", anchor.log, log)
    grounds = []
    if trust.block_hashes or not (trust.signers or trust.accounts):
        grounds.append(_check_blocks(trust.block_hashes, anchor, block_hashes))
    if trust.signers is not None:
        grounds.append(_check_signers(trust.signers, anchor))
    if trust.accounts is not None:
        grounds.append(_check_accounts(trust.accounts, anchor, operator))
    return tuple(grounds)


def _check_blocks(pinned: frozenset[bytes], anchor: Anchor, block_hashes: tuple[bytes, ...]) -> Ground:
    if not pinned.intersection(block_hashes):
        raise _untrusted(f"block {anchor.block_hash.hex()} is not pinned, nor is one upon it")
    found = f"pinned block on chain {anchor.chain_id}, pinned log of node {anchor.node}"
    return Ground("blocks", found, "the pinned blocks being final on this chain")


def _check_signers(pinned: Signers, anchor: Anchor) -> Ground:
    if anchor.proof is None:
        raise _untrusted("the receipt holds no headers, whose seals would be checked")
    sealed = check_seals(anchor.proof.headers, pinned.addresses, pinned.threshold)
    count, all_of = len(sealed.signers), len(pinned.addresses)
    found = f"blocks {sealed.first} to {sealed.last} sealed by {count} of {all_of} pinned signers"
    rests_on = f"no {pinned.threshold} of the pinned signers sealing blocks that are not of this chain"
    return Ground("signers", found, rests_on)


def _check_accounts(pinned: Accounts, anchor: Anchor, operator: str) -> Ground:
    """The acknowledgements alone: no block is looked at."""
    if anchor.proof is None or not anchor.proof.acks:
        raise _untrusted("the receipt holds no acknowledgements of its anchor")
    sizes = (anchor.prev_size, anchor.proof.prev_root, anchor.size, anchor.root)
    digest = Ack(anchor.node, anchor.log, *sizes).digest(
        Domain(anchor.chain_id, anchor.contract, pinned.salt)
    )
    counted: set[str] = set()
    for node, signature in anchor.proof.acks:
        known = pinned.of_node(node)
        if known is None or known[0] == operator or anchor.node in pinned.operators[known[0]]:
            continue  # a stranger's word, or the creator's own
        if compact_account(digest, signature) in known[1]:
            counted.add(known[0])
    if len(counted) < pinned.threshold:
        said = f"acknowledged by {len(counted)} other operators of the pinned ones"
        raise _untrusted(f"{said}; {pinned.threshold} must have")
    found = f"acknowledged by {len(counted)} of {len(pinned.operators)} pinned operators, none the creator's"
    return Ground("accounts", found, f"no {pinned.threshold} of the pinned operators signing for what is not")


def check_contract(anchor: Anchor, chain_id: int, contract: bytes) -> None:
    """Returns if the anchor is of this contract on this chain; UNTRUSTED otherwise."""
    agree("contract", anchor.contract, contract)
    if chain_id != anchor.chain_id:
        raise _untrusted(f"chain id {anchor.chain_id}, expected {chain_id}")


def agree(what: str, got: bytes, expected: bytes | None) -> None:
    """Returns if nothing is expected, or this; UNTRUSTED otherwise."""
    if expected is not None and got != expected:
        raise _untrusted(f"{what} {got.hex()}, expected {expected.hex()}")


def _untrusted(message: str) -> Rejected:
    return Rejected("UNTRUSTED", message)
