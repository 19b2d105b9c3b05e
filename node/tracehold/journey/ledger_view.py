"""What this node's ledger says about an anchor, as plain data for the verification steps."""

from tracehold.core.anchor import Anchor
from tracehold.core.anchorproof import AnchoredEvent
from tracehold.core.evidence import ChainView
from tracehold.core.ids import LogId
from tracehold.core.trie import keccak256
from tracehold.journey.members import anchor_of
from tracehold.journey.ports import Earlier, Ledger, Member, Network
from tracehold.journey.ports.followed import Anchored, Followed


async def ledger_of(ledger: Ledger, earlier: Earlier | None, anchor: Anchor) -> Ledger:
    """The ledger of an anchor's contract, where that is one that came before; else the one in force."""
    if earlier is None or anchor.contract == (await ledger.network()).contract:
        return ledger
    return await earlier.ledger(anchor.contract) or ledger


class LedgerView:
    """Answers about anchors, each asked once. One serves one request: a chain moves on."""

    def __init__(
        self, ledger: Ledger, followed: Followed | None = None, earlier: Earlier | None = None
    ) -> None:
        """What was `followed` is not looked for on the chain, which is only asked whether it stands. An
        anchor on an `earlier` contract is judged by that one and its members.
        """
        self._ledger = ledger
        self._followed = followed
        self._earlier = earlier
        self._views: dict[tuple[bytes, int, int], ChainView] = {}
        self._members: dict[int, Member] | None = None

    async def member_of(self, log: LogId) -> Member | None:
        """The member whose log this is, if any. Raises `Unavailable("CHAIN_DOWN")`, as all here do."""
        return next((member for member in (await self._known()).values() if member.log == log), None)

    async def of(self, anchor: Anchor | None) -> ChainView:
        """The chain as it stands, and what it holds of this anchor."""
        key = (anchor.contract, anchor.node, anchor.size) if anchor else (b"", 0, 0)
        if key not in self._views:
            self._views[key] = await self._ask(anchor)
        return self._views[key]

    async def _known(self) -> dict[int, Member]:
        if self._members is None:
            self._members = {member.number: member for member in await self._ledger.members()}
        return self._members

    async def _ask(self, anchor: Anchor | None) -> ChainView:
        network = await self._ledger.network()
        if anchor is not None and anchor.contract != network.contract:
            other = await ledger_of(self._ledger, self._earlier, anchor)
            if other is not self._ledger:
                return await LedgerView(other).of(anchor)
        fixed = (network.chain_id, network.contract, network.network_id)
        found = await self._find(network, anchor) if anchor else None
        if anchor is None or found is None:
            return ChainView(*fixed, None, None, 0, None, None, None, None)
        event = AnchoredEvent(found.node, found.prev_size, found.size, found.root, ())
        final = found.block_number if await self._ledger.is_final(found) else found.block_number - 1
        by = (await self._known()).get(anchor.node)
        if by is None:
            return ChainView(*fixed, found.block_hash, found.block_time, final, event, None, None, None)
        at = found.block_number
        return ChainView(
            *fixed,
            found.block_hash,
            found.block_time,
            final,
            event,
            by.log,
            by.key_at(at),
            keccak256(by.operator.encode()),
            frozenset(key for ended, key in by.replaced if ended <= at),
        )

    async def _find(self, network: Network, anchor: Anchor) -> Anchor | None:
        by = (await self._known()).get(anchor.node)
        if self._followed is not None and by is not None:
            for change in await self._followed.anchored(anchor.node, anchor.size - 1):
                match change.what:
                    case Anchored(size=size) as said if size == anchor.size:
                        found = anchor_of(network, by.log, change, said)
                        if await self._ledger.is_canonical(found):
                            return found
        return await self._ledger.find_anchor(anchor.node, anchor.size)
