"""What a verifier trusts before it looks at any evidence: blocks, those who seal them, those who acknowledge
anchors, or a chain of its own choice.

Trust never comes from the evidence (protocol section 6).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tracehold.core.anchorproof import AnchoredEvent
from tracehold.core.ids import LogId, NetworkId


@dataclass(frozen=True, slots=True)
class Signers:
    """Accounts (20 bytes) of all that may seal blocks of a Clique chain, and how many distinct ones of them
    must have sealed the anchor's block or one upon it.
    """

    addresses: frozenset[bytes]
    threshold: int


@dataclass(frozen=True, slots=True)
class Accounts:
    """Ledger accounts (20 bytes) that acknowledge anchors, by their operator's party and their node's number,
    and how many operators must have acknowledged. `salt` is that of the contract's EIP-712 domain.
    """

    salt: bytes
    operators: Mapping[str, Mapping[int, frozenset[bytes]]]
    threshold: int

    def of_node(self, node: int) -> tuple[str, frozenset[bytes]] | None:
        """Operator and accounts of a node; None where none are pinned."""
        found = ((operator, nodes[node]) for operator, nodes in self.operators.items() if node in nodes)
        return next(found, None)


@dataclass(frozen=True, slots=True)
class Trust:
    """Pins: network id, chain id, contract (20 bytes), the logs of the contract's nodes by node number, and
    what makes an anchor believed: hashes of blocks that the verifier knows to be final, signers, accounts.
    Of these one is needed, and all that are given must hold. A log id pins the log's header, and with it the
    operator's name and the node key.
    """

    network: NetworkId | None = None
    chain_id: int | None = None
    contract: bytes | None = None
    block_hashes: frozenset[bytes] = frozenset()
    nodes: Mapping[int, LogId] = field(default_factory=dict)
    signers: Signers | None = None
    accounts: Accounts | None = None


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
