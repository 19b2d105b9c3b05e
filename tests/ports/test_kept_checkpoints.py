"""Checkpoints that a holder keeps of sizes which its copy had gone past, on every back-end."""

from tests.journey.scene import NODE_KEY, OPERATOR
from tests.ports.batches import A, B, entry, fill, size_of
from tracehold.core.checkpoint import Checkpoint, sign_checkpoint
from tracehold.core.merkle import CompactRange, leaf_hash
from tracehold.journey.ports import RecordLog


def between(size: int, time_ms: int = 1) -> Checkpoint:
    """B's checkpoint of this size."""
    tree = CompactRange()
    for at in range(size):
        tree.append(leaf_hash(entry(100 + at).fingerprint))
    return sign_checkpoint(B, size, tree.root(), time_ms, time_ms, operator=OPERATOR, key=NODE_KEY)


async def kept(store: RecordLog) -> None:
    """The own log, and five entries of B under two checkpoints."""
    await fill(store, A, 1)
    await fill(store, B, 4, 1, first=100)


async def test_a_checkpoint_between_others_is_found_like_them(store: RecordLog) -> None:
    """By its size, as the first that covers an entry, and for what fits."""
    await kept(store)
    await store.keep_checkpoint(between(2))
    assert await store.checkpoint(B, 2) == between(2)
    assert [size_of(await store.checkpoint_covering(B, at)) for at in range(5)] == [2, 2, 4, 4, 5]
    assert size_of(await store.checkpoint(B)) == 5
    assert size_of(await store.checkpoint_within(B, 0, 5, 39)) == 2
    assert size_of(await store.checkpoint_within(B, 0, 5, 40)) == 4


async def test_the_first_of_each_size_stays(store: RecordLog) -> None:
    """A repeat is harmless, and another of the same size changes nothing."""
    await kept(store)
    before = await store.checkpoint(B, 4)
    for checkpoint in (between(2), between(2), between(4, time_ms=2)):
        await store.keep_checkpoint(checkpoint)
    assert await store.checkpoint(B, 2) == between(2)
    assert await store.checkpoint(B, 4) == before
