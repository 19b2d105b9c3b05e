"""Ledger in memory, for tests: the anchoring contract on a `MemoryChain`, seen with one account.

It stops a caller that breaks its side with AssertionError: bytes sent that were never
prepared or (with `stored`) are not stored, a second transaction while one is in
flight, a replacement of what was never prepared.
"""

from collections.abc import Callable, Sequence

from tracehold.adapters.memory.chain import Block, Executed, MemoryChain
from tracehold.adapters.memory.contract import Call, Pointing, read_call, sign_call, sign_pointer
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import Fingerprint, Root
from tracehold.core.merkle import EMPTY_ROOT
from tracehold.core.receipt import Anchor, AnchorProof
from tracehold.journey.ports import Acknowledgement, Head, Member, Mined, Network, Pledge, SignedTransaction
from tracehold.journey.ports.followed import Page, Place
from tracehold.journey.ports.ledger import ANCHORS

GAS = 54_900
"""Of every transaction here."""
PAGE = 8
"""Blocks in a page of changes."""


class MemoryLedger:
    """`journey.ports.Ledger` over a chain in memory; what each method promises stands there."""

    def __init__(
        self,
        chain: MemoryChain,
        account: bytes,
        *,
        confirmations: int = 2,
        stored: Callable[[SignedTransaction], bool] | None = None,
    ) -> None:
        self.chain = chain
        self.down = False
        """While set, every method raises CHAIN_DOWN."""
        self.sent = 0
        """Transactions that were handed over."""
        self._account = account
        self._confirmations = confirmations
        self._stored = stored

    async def network(self) -> Network:
        """The contract's fixed points."""
        self._reach()
        chain = self.chain
        operators = len({member.operator_number for member in chain.everyone if member.active})
        return Network(chain.chain_id, chain.contract, chain.network_id, chain.salt, chain.quorum, operators)

    async def members(self) -> Sequence[Member]:
        """All nodes ever enrolled."""
        self._reach()
        return list(self.chain.everyone)

    async def myself(self) -> Member | None:
        """The node of this account."""
        self._reach()
        return next((member for member in self.chain.everyone if member.account == self._account), None)

    async def head(self, node: int) -> Head:
        """The node's newest head."""
        self._reach()
        event = self.chain.head(node)
        if event is None:
            return Head(0, EMPTY_ROOT, 0, 0)
        return Head(event.size, event.root, event.block_number, event.block_time)

    async def height(self) -> int:
        """Number of the latest block."""
        self._reach()
        return len(self.chain.blocks) - 1

    async def time(self) -> int:
        """Of the newest block."""
        self._reach()
        return self.chain.blocks[-1].time

    async def acknowledge(self, pledge: Pledge) -> bytes:
        """This account's signature."""
        self._reach()
        return self.chain.rules.domain.sign(self._account, pledge)

    async def check_acknowledgement(self, pledge: Pledge, signature: bytes, account: bytes) -> None:
        """Whether it is the account's."""
        self._reach()
        if signature != self.chain.rules.domain.sign(account, pledge):
            raise Rejected("BAD_SIGNATURE", "the acknowledgement is not of this account")

    async def prepare_anchor(
        self,
        prev_size: int,
        size: int,
        root: Root,
        acks: Sequence[Acknowledgement],
        replaces: SignedTransaction | None = None,
    ) -> SignedTransaction:
        """Sign an anchor that the contract would take now; asserts that nothing else of this account is in
        flight.
        """
        await self._dry_run(read_call(sign_call(self._account, 0, 0, prev_size, size, root, acks).raw))
        if replaces is None:
            assert not self._in_flight(prev_size), "two transactions in flight"
            nonce, fee = self.chain.next_nonce(self._account), 100
        else:
            assert replaces.hash in self.chain.prepared, "replaces what was never prepared"
            nonce, fee = replaces.nonce, replaces.max_fee_per_gas * 9 // 8
        transaction = sign_call(self._account, nonce, fee, prev_size, size, root, acks)
        self.chain.prepared.add(transaction.hash)
        return transaction

    async def prepare_supersede(
        self,
        fingerprint: Fingerprint,
        replacement: Fingerprint,
        index: int,
        path: Sequence[bytes],
        replaces: SignedTransaction | None = None,
    ) -> SignedTransaction:
        """Sign a pointer that the contract would take now."""
        said = Pointing(fingerprint, replacement, index, tuple(path))
        await self._dry_run(read_call(sign_pointer(self._account, 0, 0, said).raw))
        nonce, fee = self.chain.next_nonce(self._account), 100
        if replaces is not None:
            assert replaces.hash in self.chain.prepared, "replaces what was never prepared"
            nonce, fee = replaces.nonce, replaces.max_fee_per_gas * 9 // 8
        transaction = sign_pointer(self._account, nonce, fee, said)
        self.chain.prepared.add(transaction.hash)
        return transaction

    async def superseded(
        self, node: int, fingerprint: Fingerprint, *, final: bool = False
    ) -> Fingerprint | None:
        """By the events of the chain."""
        upto = await self.height() - (self._confirmations if final else 0)
        return self.chain.pointed(node, fingerprint, upto)

    async def send(self, transaction: SignedTransaction) -> None:
        """Hand over signed bytes; asserts that they were prepared, and stored before."""
        self._reach()
        assert transaction.hash in self.chain.prepared, "sent what was never prepared"
        assert self._stored is None or self._stored(transaction), "sent before it was stored"
        self.sent += 1
        call = read_call(transaction.raw)
        if call.nonce >= self.chain.nonce(self._account):
            self.chain.pool[call.hash] = call

    async def find(self, transaction: SignedTransaction) -> Mined | None:
        """The canonical block of this transaction."""
        self._reach()
        for block, each in self._executed():
            if each.call.hash == transaction.hash:
                return Mined(block.number, block.hash, each.told is not None, GAS, each.event)
        return None

    async def spent(self, transaction: SignedTransaction) -> bool:
        """Whether another transaction has its nonce."""
        self._reach()
        used = self.chain.nonce(self._account) > transaction.nonce
        return used and await self.find(transaction) is None

    async def stuck(self, transaction: SignedTransaction) -> bool:
        """Whether a nonce before it is missing."""
        self._reach()
        return self.chain.next_nonce(self._account) < transaction.nonce

    async def find_anchor(self, node: int, size: int) -> Anchor | None:
        """The node's event of exactly this size."""
        self._reach()
        return next((e for e in self.chain.events() if (e.node, e.size) == (node, size)), None)

    async def anchors(self, node: int, after: int, block: int = 0) -> Sequence[Anchor]:
        """The node's next events."""
        self._reach()
        found = [e for e in self.chain.events() if e.node == node and e.size > after]
        return sorted(found, key=lambda event: event.size)[:ANCHORS]

    async def is_final(self, anchor: Anchor) -> bool:
        """Whether enough blocks stand on the anchor's."""
        depth = await self.height() - anchor.block_number
        return depth >= self._confirmations and await self.is_canonical(anchor)

    async def is_canonical(self, anchor: Anchor) -> bool:
        """Whether the anchor's block is on the chain."""
        if await self.height() < anchor.block_number:
            raise Unavailable("CHAIN_DOWN", f"the chain knows no block {anchor.block_number}")
        return any(block.hash == anchor.block_hash for block in self.chain.blocks)

    async def proof(self, anchor: Anchor) -> AnchorProof:
        """The hashes of the anchor's block and of those that make it final, the same whenever it is asked: in
        form a proof, and none that could be checked.
        """
        self._reach()
        first = anchor.block_number
        blocks = self.chain.blocks[first : first + self._confirmations + 1]
        headers = tuple(block.hash for block in blocks)
        return AnchorProof(headers, 0, (anchor.tx_hash,))

    async def changes(self, since: Place | None) -> Page | None:
        """Blocks after `since`, `PAGE` at most."""
        self._reach()
        if since is not None and self.chain.place(since.number) != since:
            return None
        first = since.number + 1 if since else 0
        blocks = self.chain.blocks[first : first + PAGE]
        places = [place for block in blocks if (place := self.chain.place(block.number))]
        changes = [change for block in blocks for change in block.changes()]
        height = len(self.chain.blocks) - 1
        upto = places[-1] if places else since
        assert upto is not None, "block 0 is always there"
        return Page(since, upto, places, changes, height, max(-1, height - self._confirmations))

    async def place(self, number: int) -> Place | None:
        """The canonical block of a height."""
        self._reach()
        return self.chain.place(number)

    async def _dry_run(self, call: Call) -> None:
        member = await self.myself()
        head = self.chain.head(member.number) if member else None
        if call.pointer is None:
            refused = self.chain.rules.refusal(call, head)
        else:
            before = self.chain.pointed(member.number, call.pointer.fingerprint) if member else None
            refused = self.chain.rules.refused_pointer(call, head, before)
        if refused == "NotCreator()":
            raise Rejected("NOT_A_MEMBER", "this account is of no active creator")
        if refused:
            raise Rejected("LEDGER_REFUSED", f"the contract says {refused}")

    def _reach(self) -> None:
        if self.down:
            raise Unavailable("CHAIN_DOWN", "the chain does not answer")

    def _in_flight(self, head: int) -> bool:
        # Not what can never be anchored, after a reorganisation or because of a gap;
        # nor what somebody else sent from this account.
        end = self.chain.next_nonce(self._account)
        ours = [call for call in self.chain.pool.values() if call.hash in self.chain.prepared]
        return any(
            (call.account, call.prev_size) == (self._account, head) and call.nonce < end
            for call in ours
            if call.pointer is None
        )

    def _executed(self) -> list[tuple[Block, Executed]]:
        return [(block, each) for block in self.chain.blocks for each in block.calls]
