"""One record by its fingerprint from other nodes, where this one does not keep it or has a damaged copy.

Nothing that they hand over is believed: it is verified here, on this node's own ledger, as every record
is that comes from elsewhere.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tracehold.core.access import Reader
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.core.evidence import Evidence
from tracehold.core.ids import Fingerprint
from tracehold.core.receipt import encode_receipt, parse_receipt
from tracehold.core.record import fingerprint
from tracehold.journey.admission import Admitted
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.ledger_view import LedgerView, ledger_of
from tracehold.journey.ports import Earlier, Found, Ledger, Peer, Peers
from tracehold.journey.proving import Budget, Prover
from tracehold.journey.states import State, reaches

_T = TypeVar("_T")

MISSING = frozenset({"NOT_FOUND", "PROOF_INVALID"})
"""What is said of a record that is not kept here, and of one that is damaged here."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A record that another node handed over and that was verified here, readable for the asker or not, and
    when it was known, in milliseconds since 1970.
    """

    admitted: Admitted
    evidence: Evidence
    known_ms: int


async def or_copy(knowledge: Knowledge, reader: Reader, name: Fingerprint, kept: Awaitable[_T]) -> _T | Copy:
    """What is made of the record as it is kept here, if it is; else a copy of another node.

    Raises what `kept` raises where others are not asked, and as `good_copy`.
    """
    try:
        return await kept
    except Rejected as refusal:
        if refusal.code not in MISSING:
            raise
        failed = refusal
    except Broken as broken:
        if broken.code != "CORRUPT":
            raise
        knowledge.fault(f"record {name.hex()}: {broken.message}")
        knowledge.damaged(name)
        failed = Rejected("PROOF_INVALID", broken.message)
    return await good_copy(knowledge, reader, name, failed)


async def good_copy(knowledge: Knowledge, reader: Reader, name: Fingerprint, failed: Rejected) -> Copy:
    """The copy that is proved furthest among those of all other nodes, the first that is final.

    Where there is none, raises `failed`, which says why the own one is none, with who did not answer;
    `Unavailable`: CHAIN_DOWN where nothing can be checked now, TOO_MANY_CALLS where members are asked for
    too many records already. What nobody had a moment ago is not asked for again.
    """
    if knowledge.peers is None or knowledge.ledger is None:
        raise failed
    silent = knowledge.misses.nobody_had(name)
    if silent is None:
        with knowledge.misses.asking(reader):
            best, silent = await _best(knowledge, knowledge.peers, knowledge.ledger, name)
        if best is not None:
            return best
        knowledge.misses.note(name, silent)
    raise _told(failed, silent)


async def _best(
    knowledge: Knowledge, others: Peers, ledger: Ledger, name: Fingerprint
) -> tuple[Copy | None, Sequence[int]]:
    """The best copy, and the nodes that did not answer before it was there."""
    # No key leads to a fingerprint: all are asked.
    peers = await others.holders(())
    asked = [asyncio.ensure_future(_ask(peer, name)) for peer in peers]
    view = LedgerView(ledger, knowledge.followed, knowledge.earlier)
    best, silent = None, list[int]()
    try:
        for coming in asyncio.as_completed(asked):
            peer, answer = await coming
            if answer is None:
                silent.append(peer.node)
            for copy in await _proved(knowledge, view, peer, answer or ()):
                if best is None or not reaches(best.admitted.state, copy.admitted.state):
                    best = copy
            if best is not None and best.admitted.state is State.FINAL:
                break  # the others have nothing better: who is slow holds nobody up
    finally:
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
    return best, silent


async def whole_evidence(ledger: Ledger, copy: Copy, earlier: Earlier | None = None) -> Evidence:
    """The evidence as holders give it to readers: with the anchor and its proof, by this node's own ledger,
    where it is final, and without an anchor before that. Raises `Unavailable("CHAIN_DOWN")`.
    """
    receipt = parse_receipt(copy.evidence.receipt)
    anchor = None
    if receipt.anchor is not None and copy.admitted.state is State.FINAL:
        # What the peer says of the transaction is proved by nothing.
        ledger = await ledger_of(ledger, earlier, receipt.anchor)
        anchor = await ledger.find_anchor(receipt.anchor.node, receipt.anchor.size)
    if anchor is not None:
        anchor = replace(anchor, proof=await ledger.proof(anchor))
    return replace(copy.evidence, receipt=encode_receipt(replace(receipt, anchor=anchor)))


async def _ask(peer: Peer, name: Fingerprint) -> tuple[Peer, Sequence[Found] | None]:
    """The peer, and what it hands over that has this fingerprint; None where it does not answer."""
    try:
        answer = await peer.expand((), fingerprints=[name])
    except Unavailable:
        return peer, None
    return peer, [found for found in answer.records if fingerprint(found.raw) == name]


async def _proved(
    knowledge: Knowledge, view: LedgerView, peer: Peer, found: Sequence[Found]
) -> Sequence[Copy]:
    copies: list[Copy] = []
    for each, outcome in await Prover(view, knowledge.run).prove(found, Budget()):
        if isinstance(outcome, Rejected):
            knowledge.fault(f"node {peer.node} handed over a record that is false ({outcome.code})")
        else:
            copies.append(Copy(outcome.admitted, each.evidence, outcome.known_ms))
    return copies


def _told(failed: Rejected, silent: Sequence[int]) -> Rejected:
    if not silent:
        return failed
    nodes = ", ".join(str(node) for node in sorted(silent))
    message = f"{failed.message}; it may be at nodes that did not answer: {nodes}"
    return Rejected(failed.code, message, path=failed.path, remedy=failed.remedy)
