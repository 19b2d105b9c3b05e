"""Images of logs: equal where two copies are byte for byte the same, different for each byte that is not."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from tests.journey.chain_scene import Anchored, anchored
from tests.journey.kept_scene import pieces
from tests.journey.scene import statement
from tracehold.adapters.memory.log import Kept, MemoryLog
from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Broken
from tracehold.journey.image import Image, compare, image
from tracehold.journey.ports import RecordLog
from tracehold.journey.tree import root_at


@pytest.fixture
async def filled() -> AsyncIterator[Anchored]:
    """A log of 300 entries, anchored, and of a few more."""
    async with anchored() as it:
        await it.creator.upload(*[statement(at) for at in range(298)], receipts=False)
        await it.finish()
        await it.creator.upload(*[statement(500 + at) for at in range(5)], receipts=False)
        yield it


def kept(it: Anchored) -> Kept:
    """What the store holds of the log, to be damaged."""
    assert isinstance(it.creator.store, MemoryLog)
    return it.creator.store._of(it.log)


async def test_it_says_how_far_it_goes(filled: Anchored) -> None:
    """Size and root are the log's, `anchored` that of the last final anchor; progress goes to the end."""
    store, seen = filled.creator.store, list[tuple[int, int]]()
    found = await image(store, filled.log, progress=lambda done, of: seen.append((done, of)))
    size = await store.size(filled.log)
    anchor = (await filled.tasks())[-1]
    assert (found.size, found.spans, found.root) == (
        size,
        ((0, size),),
        await root_at(store, filled.log, size),
    )
    assert (found.anchored, found.erased, seen[-1]) == (anchor.size, (), (size, size))
    assert anchor.size < size


async def test_a_grown_log_has_the_old_image_still(filled: Anchored) -> None:
    """Up to where the other copy ends, whatever was sealed and anchored since."""
    before = await image(filled.creator.store, filled.log)
    await filled.creator.upload(*[statement(900 + at) for at in range(9)], receipts=False)
    await filled.finish()
    assert compare(before, await image(filled.creator.store, filled.log)) != []
    again = await image(filled.creator.store, filled.log, before.size, anchored=before.anchored)
    assert again == before
    assert compare(before, again) == []


async def test_an_erased_record_is_named_and_can_be_left_out(filled: Anchored) -> None:
    """A copy from before the erasure equals the log, once the same records are counted without bytes."""
    store = filled.creator.store
    before = await image(store, filled.log)
    await store.erase(filled.log, 7)
    after = await image(store, filled.log)
    assert after.erased == ((7, 8),)
    assert compare(before, after) == ["erased are here alone none, there alone 7 to 8"]
    # The older copy has the bytes still: counted without them it is the same.
    assert (await image(store, filled.log, bare=[(7, 8), (9, 10)])).erased == ((7, 8), (9, 10))
    unerased = replace(before, entries=b"")
    assert compare(unerased, before) == ["the entries' bytes are not the same"]


async def test_the_older_copy_without_the_same_bytes_is_equal(filled: Anchored) -> None:
    """`bare` hashes an entry exactly as an erased one."""
    store = filled.creator.store
    older = await image(store, filled.log, bare=[(7, 8)])
    await store.erase(filled.log, 7)
    assert compare(older, await image(store, filled.log)) == []


def raw(log: Kept) -> None:
    """A byte of a record is turned."""
    found = log.entries[200]
    log.entries[200] = replace(found, raw=bytes([found.raw[0] ^ 1]) + found.raw[1:])


def name(log: Kept) -> None:
    """A fingerprint is another."""
    log.entries[200] = replace(log.entries[200], fingerprint=log.entries[199].fingerprint)


def swap(log: Kept) -> None:
    """Two records change places."""
    a, b = log.entries[20], log.entries[21]
    log.entries[20] = replace(a, raw=b.raw, fingerprint=b.fingerprint)
    log.entries[21] = replace(b, raw=a.raw, fingerprint=a.fingerprint)


def shift(log: Kept) -> None:
    """A byte goes from one record's end to the next one's front: joined, they are as before."""
    a, b = log.entries[20], log.entries[21]
    log.entries[20] = replace(a, raw=a.raw[:-1])
    log.entries[21] = replace(b, raw=a.raw[-1:] + b.raw)


@pytest.mark.parametrize("damage", [raw, name, swap, shift])
async def test_any_other_byte_is_seen(filled: Anchored, damage: Callable[[Kept], None]) -> None:
    """Records, their names and their order are in it."""
    before = await image(filled.creator.store, filled.log)
    damage(kept(filled))
    after = await image(filled.creator.store, filled.log)
    assert compare(before, after) == ["the entries' bytes are not the same"]


async def test_another_checkpoint_at_an_anchor_is_seen(filled: Anchored) -> None:
    """Signed again, the state is the same and the receipts made from it are not; elsewhere it matters not."""
    store = filled.creator.store
    before = await image(store, filled.log)

    def signed_again(size: int) -> None:
        known = kept(filled).checkpoints
        found: Checkpoint = known[size]
        known[size] = replace(found, cose_signature=bytes(64))

    signed_again(before.size)
    assert compare(before, await image(store, filled.log)) == []
    signed_again(before.anchored)
    assert compare(before, await image(store, filled.log)) == [
        "the checkpoints at final anchors are not the same"
    ]


async def test_what_else_may_be_different(filled: Anchored) -> None:
    """Each way is said in words of its own."""
    found = await image(filled.creator.store, filled.log)
    others: list[tuple[Image, str]] = [
        (replace(found, log=type(found.log)(bytes(32))), "they are of two logs"),
        (replace(found, spans=((0, 3),)), "entries 0 to 306 are here, 0 to 3 there"),
        (replace(found, root=type(found.root)(bytes(32))), "the roots at size"),
        (replace(found, anchored=1), "final anchors reach"),
    ]
    for other, words in others:
        (said,) = compare(found, other)
        assert said.startswith(words)


async def test_a_lost_entry_is_no_shorter_image(filled: Anchored) -> None:
    """What the spans promise and the disk has not is damage."""
    store = filled.creator.store
    spans = await store.spans(filled.log)

    class Longer:
        """The store, which says that one more entry is kept."""

        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        async def spans(self, log: object) -> list[tuple[int, int]]:
            return [(0, spans[-1][1] + 1)]

    longer: RecordLog = Longer()  # type: ignore[assignment]
    with pytest.raises(Broken, match="CORRUPT"):
        await image(longer, filled.log)


async def test_a_log_that_is_not_there_is_empty() -> None:
    """No entries, no size, nothing erased."""
    found = await image(MemoryLog(), (await pieces()).log)
    assert (found.size, found.spans, found.anchored, found.erased) == (0, (), 0, ())
