"""`archive`: where a segment that can gain nothing more is found."""

import pytest

from tests.contracts.world import HOLDER, STRANGER, World, h
from tracehold.core.limits import SEGMENT_ENTRIES

MANIFEST = h("manifest")


def grown(world: World, *sizes: int) -> World:
    """The log of node 1, anchored at these sizes."""
    for size in sizes:
        world.anchor(world[1], size, h("root", size))
    return world


def archive(world: World, segment: int, manifest: bytes = MANIFEST):
    """Sent by node 1."""
    return world.contract.send(world[1].account, "archive", segment, manifest)


def test_a_closed_segment_is_told(one):
    """By an event that names node and segment; told again, the later one counts."""
    grown(one, SEGMENT_ENTRIES)
    for manifest in (MANIFEST, h("after a redaction")):
        told = ("Archived", {"node": 1, "segment": 0, "manifest": manifest})
        assert archive(one, 0, manifest).events() == [told]


@pytest.mark.parametrize(
    ("sizes", "closed"),
    [
        ((), 0),
        ((1,), 0),
        ((SEGMENT_ENTRIES - 1,), 0),
        ((SEGMENT_ENTRIES,), 1),
        ((SEGMENT_ENTRIES, SEGMENT_ENTRIES + 1), 1),
        ((SEGMENT_ENTRIES, 2 * SEGMENT_ENTRIES), 2),
    ],
)
def test_an_open_segment_is_refused(one, refused, sizes, closed):
    """What may still grow has no manifest, nor has what is not there."""
    grown(one, *sizes)
    size = sizes[-1] if sizes else 0
    for segment in range(closed):
        archive(one, segment)
    for segment in (closed, closed + 1, 2**48, 2**64 - 1):
        with refused(f"SegmentOpen(size={size})"):
            archive(one, segment)


@pytest.mark.parametrize(
    ("sizes", "closed"),
    [
        ((), 0),
        ((1,), 1),
        ((SEGMENT_ENTRIES,), 1),
        ((SEGMENT_ENTRIES, SEGMENT_ENTRIES + 1), 2),
    ],
)
def test_the_last_segment_of_a_retired_log_is_closed(one, refused, sizes, closed):
    """It gains nothing more, so its node may tell where it is."""
    grown(one, *sizes)
    size = sizes[-1] if sizes else 0
    one.contract.send(one[1].account, "retire", size)
    for segment in range(closed):
        archive(one, segment)
    with refused(f"SegmentOpen(size={size})"):
        archive(one, closed)


def test_zero_is_no_manifest(one, refused):
    """Zero says nothing."""
    grown(one, SEGMENT_ENTRIES)
    with refused("ZeroValue"):
        archive(one, 0, bytes(32))


def test_attack_only_the_logs_own_node_tells(four, refused):
    """Strangers, holders without the role and suspended nodes do not; others speak of their own log."""
    root = h("root")
    four.anchor(four[1], SEGMENT_ENTRIES, root, four.ack(four[1], SEGMENT_ENTRIES, root, four[2]))
    with refused("SegmentOpen(size=0)"):
        four.contract.send(four[2].account, "archive", 0, MANIFEST)
    with refused("NotCreator"):
        four.contract.send(STRANGER, "archive", 0, MANIFEST)
    for roles in (HOLDER, 0):
        four.admin("setNodeRoles", 1, roles)
        with refused("NotCreator"):
            archive(four, 0)


@pytest.mark.parametrize("retired", [False, True])
def test_a_revoked_node_tells_nothing(one, refused, retired):
    """Nor one that retired before."""
    grown(one, SEGMENT_ENTRIES)
    if retired:
        one.contract.send(one[1].account, "retire", SEGMENT_ENTRIES)
    one.admin("revokeNode", 1)
    with refused("NotCreator"):
        archive(one, 0)
