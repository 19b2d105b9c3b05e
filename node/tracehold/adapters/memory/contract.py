"""The anchoring contract's rules on a chain in memory, in the order and the words of
`contracts/src/Anchors.sol`.

A "signature" here is bytes that nobody else makes: the account stands in what is hashed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from tracehold.core import cbor
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint, NetworkId, Root
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.merkle import EMPTY_ROOT, leaf_hash, verify_inclusion
from tracehold.core.receipt import Anchor
from tracehold.journey.ports import Acknowledgement, Member, Pledge, Role, SignedTransaction


@dataclass(frozen=True, slots=True)
class Call:
    """One anchor transaction, decoded from its signed bytes, or a pointer. `acks` are (node, signature) as
    handed in.
    """

    hash: bytes
    account: bytes
    nonce: int
    fee: int
    prev_size: int
    size: int
    root: Root
    acks: tuple[tuple[int, bytes], ...] = ()
    pointer: "Pointing | None" = None


@dataclass(frozen=True, slots=True)
class Pointing:
    """What a call of `supersede` says."""

    fingerprint: Fingerprint
    replacement: Fingerprint
    index: int
    path: tuple[bytes, ...]


def sign_call(
    account: bytes,
    nonce: int,
    fee: int,
    prev_size: int,
    size: int,
    root: Root,
    acks: Sequence[Acknowledgement] = (),
) -> SignedTransaction:
    """The transaction of a call, with its acknowledgements in the contract's order."""
    ordered = sorted(acks, key=lambda ack: ack.operator_number)
    given = [[ack.node, ack.signature] for ack in ordered]
    raw = cbor.encode([account, nonce, fee, prev_size, size, root, given])
    return SignedTransaction(raw, sha256(raw).digest(), nonce, fee)


def sign_pointer(account: bytes, nonce: int, fee: int, said: Pointing) -> SignedTransaction:
    """The transaction of a pointer."""
    raw = cbor.encode([account, nonce, fee, said.fingerprint, said.replacement, said.index, list(said.path)])
    raw = cbor.encode(["supersede", raw])
    return SignedTransaction(raw, sha256(raw).digest(), nonce, fee)


def _read_pointer(raw: bytes, said: bytes) -> Call:
    account, nonce, fee, before, after, index, path = cbor.decode(said)
    pointer = Pointing(Fingerprint(before), Fingerprint(after), index, tuple(path))
    return Call(sha256(raw).digest(), account, nonce, fee, 0, 0, EMPTY_ROOT, (), pointer)


def read_call(raw: bytes) -> Call:
    """What `sign_call` or `sign_pointer` wrote."""
    account, *rest = cbor.decode(raw)
    if account == "supersede":
        return _read_pointer(raw, *rest)
    nonce, fee, prev_size, size, root, given = rest
    acks = tuple((node, signature) for node, signature in given)
    return Call(sha256(raw).digest(), account, nonce, fee, prev_size, size, Root(root), acks)


@dataclass(frozen=True, slots=True)
class Domain:
    """Where an acknowledgement counts."""

    chain_id: int
    contract: bytes
    network_id: NetworkId
    salt: bytes

    def sign(self, account: bytes, pledge: Pledge) -> bytes:
        """The account's 64 bytes under a pledge."""
        where = [self.chain_id, self.contract, self.network_id, self.salt]
        sizes = [pledge.prev_size, pledge.prev_root, pledge.size, pledge.root]
        said = cbor.encode(["ack", *where, account, pledge.creator, pledge.log, *sizes])
        return sha256(b"r" + said).digest() + sha256(b"s" + said).digest()


@dataclass(frozen=True, slots=True)
class Rules:
    """What the contract knows when a call is executed."""

    domain: Domain
    members: Sequence[Member]
    quorum: int

    def refusal(self, call: Call, head: Anchor | None) -> str:
        """The contract's error; empty where it takes the anchor."""
        creator = next((each for each in self.members if each.account == call.account), None)
        if creator is None or not _may(creator, Role.CREATOR):
            return "NotCreator()"
        current = head.size if head else 0
        if call.prev_size != current:
            return f"StaleHead(current={current})"
        if call.size <= current:
            return "SizeNotGrowing()"
        if current // SEGMENT_ENTRIES != (call.size - 1) // SEGMENT_ENTRIES:
            return "CrossesSegment()"
        if call.root == bytes(32):
            return "ZeroRoot()"
        if len(call.acks) < self.quorum:
            return f"QuorumNotMet(quorum={self.quorum})"
        prev_root = head.root if head else EMPTY_ROOT
        pledge = Pledge(creator.number, creator.log, current, prev_root, call.size, call.root)
        return self._acks(call, creator, pledge)

    def refused_pointer(self, call: Call, head: Anchor | None, before: Fingerprint | None) -> str:
        """The same of a pointer; `before` is what the record points to already."""
        creator = next((each for each in self.members if each.account == call.account), None)
        said = call.pointer
        if said is None or creator is None or not _may(creator, Role.CREATOR):
            return "NotCreator()"
        if said.replacement in {bytes(32), said.fingerprint}:
            return "BadReplacement()"
        if before is not None:
            return f"AlreadySuperseded(replacement=0x{before.hex()})"
        if head is None or said.index >= head.size:
            return "NotIncluded()"
        try:
            verify_inclusion(leaf_hash(said.fingerprint), said.index, head.size, said.path, head.root)
        except Rejected:
            return "NotIncluded()"
        return ""

    def _acks(self, call: Call, creator: Member, pledge: Pledge) -> str:
        last = 0
        for node, signature in call.acks:
            member = next((each for each in self.members if each.number == node), None)
            if member is None or signature != self.domain.sign(member.account, pledge):
                return f"BadAck(node={node})"
            if not _may(member, Role.HOLDER):
                return f"AckNotHolder(node={node})"
            if member.operator_number == creator.operator_number:
                return f"AckOwnOperator(node={node})"
            if member.operator_number <= last:
                return f"AckOrder(node={node})"
            last = member.operator_number
        return ""


def _may(member: Member, role: Role) -> bool:
    return member.active and role in member.roles
