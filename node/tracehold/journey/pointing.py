"""Superseding a record of the own log: its replacement is sealed, then the contract is told (the pointer;
docs/spec/supersede.md).

    ASKED      the replacement is sealed: as its provider signed it, or the event with an error declaration,
               signed for the party that delegated
    WAITING    the record is not under the anchored head yet, or an anchor is on its way
    SENT       the signed transaction is on disk, and the same bytes are sent until a block holds them
    MINED      the contract points to the replacement
    FINAL      so it does at the chain's newest final block
    FAILED     it never will: `error` says why

Each step begins by asking the contract, so a crash anywhere is healed by the next step, whether the bytes
went out or not. The path proves the record under the anchored head and no other: a pointer is signed only
while no anchor is on its way, and anchors that begin later have later nonces. One that reverted all the same
(another process, a reorganisation) is signed again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import Fingerprint
from tracehold.core.merkle import inclusion_path
from tracehold.core.record import parse
from tracehold.journey.declare import declared
from tracehold.journey.intake import Item, Statement
from tracehold.journey.onchain import Link, check_head, creates, enrolled
from tracehold.journey.ports import AnchorState, Member, SignedTransaction
from tracehold.journey.tree import nodes, whole_tiles
from tracehold.journey.upload import Outcome

_UNSETTLED = frozenset({AnchorState.SIGNED, AnchorState.REORGED})


class Stage(StrEnum):
    """How far a pointer is."""

    ASKED = "asked"
    WAITING = "waiting"
    SENT = "sent"
    MINED = "mined"
    FINAL = "final"
    FAILED = "failed"


ENDED = frozenset({Stage.FINAL, Stage.FAILED})
"""Nothing is left to do."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """What the operator asked for at `since` (seconds since 1970), and how far it is. With an empty
    `statement` the node says the event anew itself, with an error declaration.
    """

    fingerprint: Fingerprint
    since: float
    statement: bytes = b""
    replacement: Fingerprint | None = None
    transaction: SignedTransaction | None = None
    stage: Stage = Stage.ASKED
    error: str = ""


AGAIN = (
    "Ask again (tracehold supersede), with another statement where this one is at fault; a file in "
    "data/superseding that was read may be removed."
)


def failure(pointer: Pointer) -> Rejected:
    """What an operator is told of a pointer that FAILED."""
    said = f"record {pointer.fingerprint.hex()} is not superseded: {pointer.error}"
    return Rejected("CONFLICT", said, remedy=AGAIN)


Submit = Callable[[Sequence[Item]], Awaitable[Sequence[Outcome]]]
"""`Uploads.submit`, or what stands before it."""


class Pointing:
    """Brings pointers of the own log to the chain. `turn` is the anchorer's: the account's nonces have one
    user at a time. `save` makes a pointer durable.
    """

    def __init__(
        self,
        link: Link,
        turn: asyncio.Lock,
        submit: Submit,
        save: Callable[[Pointer], Awaitable[None]],
        bump_after: int = 60,
    ) -> None:
        self._link = link
        self._turn = turn
        self._submit = submit
        self._save = save
        self._bump_after = bump_after
        self._looks: dict[bytes, int] = {}  # by transaction hash; a restart only delays a higher fee

    async def step(self, pointer: Pointer) -> Pointer:
        """One step further; harmless to repeat, and after a crash anywhere. Raises `Rejected` and
        `Unavailable` where it is to be repeated later.
        """
        if pointer.stage in ENDED:
            return pointer
        member = await enrolled(self._link)
        stands = await self._link.ledger.superseded(member.number, pointer.fingerprint)
        if stands is not None and (pointer.replacement or self._named(pointer)) != stands:
            return await self._fail(pointer, f"the record points to {stands.hex()} already, for good")
        if stands is None and not creates(member):
            return await self._fail(pointer, "RETIRED: the log ended, and the chain takes no pointer of it")
        if pointer.replacement is None:
            return await self._seal(pointer)
        if stands is not None:
            return await self._settle(pointer, member)
        async with self._turn:
            return await self._bring(pointer, member)

    def _named(self, pointer: Pointer) -> Fingerprint | None:
        return parse(pointer.statement).fingerprint if pointer.statement else None

    async def _seal(self, pointer: Pointer) -> Pointer:
        try:
            (outcome,) = await self._sealed(await self._replacement(pointer))
            if outcome.error is not None:
                raise outcome.error
            if outcome.fingerprint is None:
                raise AssertionError("what was taken has a fingerprint")
            await self._check_names(pointer, outcome.fingerprint)
        except Rejected as refused:
            return await self._fail(pointer, str(refused))
        return await self._to(pointer, Stage.WAITING, replacement=outcome.fingerprint)

    async def _sealed(self, item: Item) -> Sequence[Outcome]:
        try:
            return await self._submit([item])
        except Rejected as refused:
            if refused.code != "NOT_A_MEMBER":
                raise
            # The gate's word may be older than what the contract said above: ask again.
            raise Unavailable("STARTING", refused.message) from refused

    async def _replacement(self, pointer: Pointer) -> Item:
        position = await self._index(pointer.fingerprint)
        if not pointer.statement:
            (entry,) = await self._link.store.read(self._link.log, position, position + 1)
            return declared(parse(entry.raw), pointer.since)
        if parse(pointer.statement).header.supersedes != pointer.fingerprint:
            raise Rejected("BAD_HEADER", "the replacement does not name the record", path="supersedes")
        return Statement(pointer.statement)

    async def _check_names(self, pointer: Pointer, replacement: Fingerprint) -> None:
        """An upload of the same content before may have been sealed without naming the record."""
        entry = (await self._link.store.entries([replacement]))[replacement]
        if parse(entry.raw).header.supersedes != pointer.fingerprint:
            raise Rejected("CONFLICT", "the same was sealed before, and does not name the record")

    async def _settle(self, pointer: Pointer, member: Member) -> Pointer:
        final = await self._link.ledger.superseded(member.number, pointer.fingerprint, final=True)
        return await self._to(pointer, Stage.FINAL if final == pointer.replacement else Stage.MINED)

    async def _bring(self, pointer: Pointer, member: Member) -> Pointer:
        sent = pointer.transaction
        if sent is None:
            return await self._sign(pointer, member)
        ledger = self._link.ledger
        looks = self._looks[sent.hash] = self._looks.get(sent.hash, 0) + 1
        due = looks % self._bump_after == 0
        found = await ledger.find(sent)
        if found is not None and found.succeeded and not due:
            return pointer  # mined just now: the next look sees what it says. Not so one of another contract
        if found is not None or await ledger.spent(sent) or await ledger.stuck(sent):
            # It reverted, or can never be mined, or only with a nonce that nobody fills.
            return await self._sign(pointer, member)
        try:
            if due:
                return await self._sign(pointer, member, replaces=sent)
        except (Unavailable, Rejected):
            await ledger.send(sent)  # no higher fee now: the pool may have lost it all the same
            raise
        await ledger.send(sent)
        return await self._to(pointer, Stage.SENT)

    async def _sign(
        self, pointer: Pointer, member: Member, replaces: SignedTransaction | None = None
    ) -> Pointer:
        store, ledger, log = self._link.store, self._link.ledger, self._link.log
        index = await self._index(pointer.fingerprint)
        head = await ledger.head(member.number)
        await check_head(self._link, head)
        if head.size <= index or (replaces is None and await store.anchors(log, _UNSETTLED, newest=1)):
            return await self._to(pointer, Stage.WAITING, transaction=None)
        node = await nodes(store, log, head.size, [index])
        with whole_tiles():
            path = inclusion_path(index, head.size, node)
        if pointer.replacement is None:
            raise AssertionError("the replacement is sealed first")
        signed = await ledger.prepare_supersede(
            pointer.fingerprint, pointer.replacement, index, path, replaces
        )
        pointer = replace(pointer, transaction=signed, stage=Stage.SENT)
        await self._save(pointer)
        await ledger.send(signed)
        return pointer

    async def _index(self, fingerprint: Fingerprint) -> int:
        found = (await self._link.store.find([fingerprint])).get(fingerprint)
        if found is None or found.log != self._link.log:
            raise Rejected("NOT_FOUND", "the record stands in no log of this node", path="fingerprint")
        return found.index

    async def _fail(self, pointer: Pointer, why: str) -> Pointer:
        return await self._to(pointer, Stage.FAILED, error=why)

    async def _to(self, pointer: Pointer, stage: Stage, **changed: Any) -> Pointer:
        moved = replace(pointer, stage=stage, **changed)
        if moved != pointer:
            await self._save(moved)
        return moved
