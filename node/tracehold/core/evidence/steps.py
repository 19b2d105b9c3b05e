"""The steps of a verification, in order; each raises, and says what it found.

Each step may rely on those before it. A verification is good only if every step returned.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from tracehold.core.anchor import Anchor
from tracehold.core.anchorproof import check_event
from tracehold.core.errors import Rejected
from tracehold.core.evidence.file import Evidence
from tracehold.core.evidence.known import Known
from tracehold.core.evidence.pins import Ground
from tracehold.core.evidence.trust import ChainView, Trust
from tracehold.core.evidence.vouchers import Vouchers
from tracehold.core.evidence.vouching import check_chain, check_log
from tracehold.core.ids import Root
from tracehold.core.merkle import leaf_hash, root_from_inclusion, verify_consistency
from tracehold.core.receipt import Receipt, check_receipt, parse_receipt
from tracehold.core.record import Record, check_signature, parse
from tracehold.core.roster import Roster, Speaker

CLOCK_SKEW_MS = 300_000
"""A checkpoint's time is at most its anchor's block time and this (protocol section 2)."""


@dataclass(slots=True)
class Case:
    """One verification under way: what was given, and what the steps so far found. A field is set by the
    step that its comment names; later steps read it.
    """

    evidence: Evidence
    trust: Trust
    chain: ChainView | None
    now_ms: int
    known: Known = field(default_factory=Known)
    record: Record = field(init=False)  # 1
    receipt: Receipt = field(init=False)  # 1
    vouchers: Vouchers = field(init=False)  # 1
    roster: Roster = field(init=False)  # 2
    speaker: Speaker = field(init=False)  # 2
    root: Root = field(init=False)  # 3
    anchor: Anchor = field(init=False)  # 7
    block_hashes: tuple[bytes, ...] = ()  # 7: the anchor's block, and those upon it that the receipt holds
    grounds: tuple[Ground, ...] = ()  # 8
    vouched: bool = False  # 2 or 8: somebody other than the file says that this log is this operator's
    late: bool = False  # 9


def read_bytes(case: Case) -> str:
    """(1) The record's bytes are a record, and give the entry: their fingerprint. Receipts can be read."""
    case.record = parse(case.evidence.record)
    case.receipt = parse_receipt(case.evidence.receipt)
    case.vouchers = case.known.vouchers(case.evidence.controls)
    return f"fingerprint {case.record.fingerprint.hex()}"


def check_record_signature(case: Case) -> str:
    """(2) The record is signed by a key that the control records let sign for its party, by position; the
    log is of the network and among the logs that the verifier pins.
    """
    case.roster = case.vouchers.roster
    case.vouched = check_log(case.trust, case.chain, case.roster)
    index = case.receipt.index
    check_signature(case.record, case.roster.check(case.record, index))
    case.speaker = case.roster.speaker(case.record, index)
    doubt = ", suspect" if case.speaker.suspect else ""
    return f"{case.speaker.party} by {case.speaker.operator}, {case.speaker.level}{doubt}"


def check_controls(case: Case) -> str:
    """(3) The control records stand in one log: their receipts share
    the record's checkpoint and lead to one root.
    """
    case.vouchers.check_shared(case.receipt)
    case.root = case.vouchers.root
    return f"{len(case.vouchers)} control records under root {case.root.hex()}"


def check_inclusion(case: Case) -> str:
    """(4) The entry is in that root, at the receipt's index and size."""
    root = _root(case.record, case.receipt)
    if root != case.root:
        raise _false(f"the path leads to root {root.hex()}, expected {case.root.hex()}")
    return f"entry {case.receipt.index} of {case.receipt.size}"


def check_checkpoint(case: Case) -> str:
    """(5) The node key that is in force at the checkpoint's size signed that root, for the log that the
    header identifies.
    """
    if case.receipt.log != case.roster.log:
        raise _false(f"the receipt is of log {case.receipt.log.hex()}, the header of {case.roster.log.hex()}")
    if case.receipt.head.operator != case.roster.operator:
        raise _false(f"operator {case.receipt.head.operator}, expected {case.roster.operator}")
    check_receipt(case.receipt, leaf_hash(case.record.fingerprint), case.roster.node_key)
    return f"log {case.roster.log.hex()}, key {case.receipt.kid.hex()}"


def check_sizes(case: Case) -> str:
    """(6) The signed size is the proved size, and is or grows
    into the anchored size, which covers the entry.
    """
    receipt, anchor = case.receipt, case.receipt.anchor
    if receipt.head.size != receipt.size:
        raise _false(f"size {receipt.head.size} is signed, {receipt.size} is proved")
    if anchor is None:
        return f"size {receipt.size}, not anchored"
    if anchor.log != receipt.log:
        raise _false(f"the anchor is of log {anchor.log.hex()}, expected {receipt.log.hex()}")
    if not anchor.prev_size <= receipt.index < anchor.size:
        raise _false(f"entry {receipt.index} lies outside [{anchor.prev_size}, {anchor.size})")
    path = receipt.consistency or ()
    verify_consistency(receipt.size, anchor.size, case.root, anchor.root, path)
    return f"size {receipt.size}, anchored {anchor.size}"


def check_anchor(case: Case) -> str:
    """(7) The covering anchor's event is in its block: by the
    proof in the receipt, or by the verifier's chain.
    """
    anchor = case.receipt.anchor
    if anchor is None:
        if case.now_ms > case.receipt.anchor_by_ms:
            raise Rejected("OVERDUE", f"anchor promised by {case.receipt.anchor_by_ms} ms, and there is none")
        raise Rejected("NOT_ANCHORED", "sealed, and not yet covered by an anchor")
    case.anchor = anchor
    where = f"node {anchor.node}, block {anchor.block_number}"
    if anchor.proof is not None:
        case.block_hashes = case.known.blocks(anchor)
        return f"{where}: event proved to its header; transaction hash and log index are hints"
    if case.chain is None:
        raise Rejected("UNTRUSTED", "the receipt holds no proof of its anchor, and no chain was given")
    if case.chain.event is None:
        raise _false("the chain has no such event")
    check_event(case.chain.event, anchor)
    case.block_hashes = (anchor.block_hash,)
    return f"{where}: event as the given chain says; transaction hash and log index are hints"


def check_trust(case: Case) -> str:
    """(8) The anchor is one that the verifier trusts, on its chain, under its contract; there the node keeps
    this log. Where several parts of a trust file and a chain are given, all must agree.
    """
    if case.trust != Trust():
        case.grounds = case.known.grounds(case.trust, case.anchor, case.block_hashes, case.roster.operator)
    if case.chain is not None:
        ground = check_chain(case.chain, case.anchor, case.roster, case.receipt.size)
        case.grounds = (*case.grounds, ground)
    if not case.grounds:
        raise Rejected("UNTRUSTED", "neither a trust file nor a chain was given")
    case.vouched = True
    return ", ".join(ground.found for ground in case.grounds)


def check_times(case: Case) -> str:
    """(9) The checkpoint's time is not after its anchor's; a late anchor is said. Acknowledgements tell no
    time: where nothing else is trusted, the anchor's is the file's own word.
    """
    anchored_ms = case.anchor.block_time * 1000
    if case.chain is not None and case.chain.block_time != case.anchor.block_time:
        raise _false(f"block time {case.anchor.block_time}, expected {case.chain.block_time}")
    if case.receipt.time_ms > anchored_ms + CLOCK_SKEW_MS:
        raise _false(f"the checkpoint of {case.receipt.time_ms} ms is anchored at {anchored_ms} ms")
    case.late = anchored_ms > case.receipt.anchor_by_ms
    promise = f"after the promised {case.receipt.anchor_by_ms} ms" if case.late else "as promised"
    unproved = all(ground.by == "accounts" for ground in case.grounds)
    return f"anchored at {anchored_ms} ms, {promise}" + (", by the file's own word" if unproved else "")


STEPS: tuple[tuple[str, Callable[[Case], str]], ...] = (
    ("record bytes", read_bytes),
    ("record signature", check_record_signature),
    ("control records", check_controls),
    ("entry in root", check_inclusion),
    ("operator's signature", check_checkpoint),
    ("sizes", check_sizes),
    ("anchor", check_anchor),
    ("trust", check_trust),
    ("times", check_times),
)
"""Every step is required, and their order is part of what each may assume."""


def _root(record: Record, receipt: Receipt) -> Root:
    return root_from_inclusion(leaf_hash(record.fingerprint), receipt.index, receipt.size, receipt.path)


def _false(message: str) -> Rejected:
    return Rejected("PROOF_INVALID", message)
