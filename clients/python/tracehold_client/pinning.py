"""What a chain of the user's own choice says of those who seal its blocks and of those who acknowledge
anchors:
the makings of a trust file.
"""

from typing import Any

from tracehold.core.acknowledgement import Ack, Domain
from tracehold.core.anchor import Anchor
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.secp256k1 import compact_account
from tracehold.core.trie import keccak256
from tracehold_client.chain import ask_contract, read_bytes, read_log_data, unusable
from tracehold_client.jsonrpc import JsonRpc

Operators = dict[str, dict[int, bytes]]
"""Ledger accounts by party and node number."""

_SALT = keccak256(b"salt()")[:4]
_NODE_AT = keccak256(b"nodeAt(uint32)")[:4]
_NODE_WORDS, _OPERATOR, _ACCOUNT, _ROLES, _ACTIVE = 7, 0, 1, 2, 3
_HOLDER = 2
_ENROLLED = keccak256(b"OperatorEnrolled(uint32,string)")
_WORD = 32


def signers_of(rpc: JsonRpc, block: int) -> frozenset[bytes]:
    """All signers of a Clique chain whose turns block `block` was made by: those in force after the one below
    it. Raises BAD_REQUEST where the chain's node does not tell them, CHAIN_DOWN.
    """
    try:
        found = rpc.call("clique_getSigners", hex(max(block - 1, 0)))
    except Unavailable as error:
        raise Rejected(
            "BAD_REQUEST",
            "the chain does not tell its signers",
            remedy="Ask a geth node of a Clique chain, started with `clique` among its --http.api.",
        ) from error
    if not isinstance(found, list) or not found:
        raise unusable("signers")
    return frozenset(read_bytes(one, 20) for one in found)


def accounts_of(rpc: JsonRpc, anchor: Anchor) -> tuple[bytes, Operators]:
    """The contract's salt, and the accounts by which this anchor's acknowledgements count: those of active
    holders of other operators, in force now, that the acknowledgements are really by.

    Raises BAD_REQUEST where the evidence holds none of them, CHAIN_DOWN.
    """
    salt = ask_contract(rpc, anchor.contract, _SALT, 1)
    proof = anchor.proof
    acks = proof.acks if proof else ()
    before = proof.prev_root if proof else b""
    said = Ack(anchor.node, anchor.log, anchor.prev_size, before, anchor.size, anchor.root)
    digest = said.digest(Domain(anchor.chain_id, anchor.contract, salt))
    own, *_ = _node(rpc, anchor.contract, anchor.node)
    operators: Operators = {}
    for node, signature in acks:
        operator, account, holds = _node(rpc, anchor.contract, node)
        if holds and operator != own and compact_account(digest, signature) == account:
            operators.setdefault(_party(rpc, anchor.contract, operator), {})[node] = account
    if not operators:
        raise Rejected(
            "BAD_REQUEST", "the evidence holds no acknowledgement by a present account of another operator"
        )
    return salt, operators


def _node(rpc: JsonRpc, contract: bytes, number: int) -> tuple[int, bytes, bool]:
    """(operator, account, whether it is an active holder) of a node."""
    answer = ask_contract(rpc, contract, _NODE_AT + number.to_bytes(_WORD, "big"), _NODE_WORDS)
    words = [answer[at : at + _WORD] for at in range(0, len(answer), _WORD)]
    holds = bool(words[_ROLES][-1] & _HOLDER) and any(words[_ACTIVE])
    return int.from_bytes(words[_OPERATOR], "big"), words[_ACCOUNT][-20:], holds


def _party(rpc: JsonRpc, contract: bytes, operator: int) -> str:
    """The operator's party, out of the event that enrolled it: the contract keeps only its hash."""
    wanted: dict[str, Any] = {
        "fromBlock": "0x0",
        "toBlock": "latest",
        "address": "0x" + contract.hex(),
        "topics": ["0x" + _ENROLLED.hex(), "0x" + operator.to_bytes(_WORD, "big").hex()],
    }
    found = rpc.call("eth_getLogs", wanted)
    if not isinstance(found, list) or len(found) != 1:
        raise unusable("the enrolment of an operator")
    data = read_log_data(found[0])
    try:
        return data[2 * _WORD :][: int.from_bytes(data[_WORD : 2 * _WORD], "big")].decode()
    except UnicodeDecodeError as error:
        raise unusable("a party") from error
