"""Heads: who may anchor, compare-and-swap, segments, the quorum, what the event and the head say."""

import pytest

from tests.contracts.world import CREATOR, HOLDER, STRANGER, h


def test_first_and_later_anchor(one):
    """The head holds root, size, block time and block number; the event names what was added."""
    company = one[1]
    assert one.head(1) == (bytes(32), 0, 0, 0)
    (event,) = one.anchor(company, 3, h("r3")).events()
    assert event == ("Anchored", {"node": 1, "prevSize": 0, "size": 3, "root": h("r3"), "ackers": ()})
    state = one.contract.evm.state
    assert one.head(1) == (h("r3"), 3, state.timestamp, state.block_number)
    (event,) = one.anchor(company, 10, h("r10")).events()
    assert event[1]["prevSize"] == 3
    assert one.head(1)[:2] == (h("r10"), 10)


def test_heads_are_per_node(four):
    """An anchor moves the caller's head and no other."""
    for number in (1, 2):
        four.anchor(four[number], number, h(number), four.ack(four[number], number, h(number), four[3]))
    assert [four.head(number)[1] for number in (1, 2, 3)] == [1, 2, 0]


def test_same_transaction_twice_anchors_once(one, refused):
    """A resent anchor reverts and tells the size anchored now: nothing is doubled."""
    arguments: tuple = (0, 5, h("r"), [])
    one.contract.send(one[1].account, "anchor", *arguments)
    with refused("StaleHead(current=5)"):
        one.contract.send(one[1].account, "anchor", *arguments)
    assert one.head(1)[:2] == (h("r"), 5)


@pytest.mark.parametrize("prev_size", [0, 4, 6, 2**64 - 1])
def test_stale_head(one, refused, prev_size):
    """Any prevSize but the current size is refused, smaller or larger."""
    one.anchor(one[1], 5, h("r"))
    with refused("StaleHead(current=5)"):
        one.contract.send(one[1].account, "anchor", prev_size, 9, h("s"), [])


@pytest.mark.parametrize("size", [0, 4, 5])
def test_size_must_grow(one, refused, size):
    """Neither the same size nor a smaller one: a log is append-only."""
    one.anchor(one[1], 5, h("r"))
    with refused("SizeNotGrowing"):
        one.anchor(one[1], size, h("s"))


def test_empty_first_anchor(one, refused):
    """A log without entries is not anchored."""
    with refused("SizeNotGrowing"):
        one.anchor(one[1], 0, h("r"))


@pytest.mark.parametrize(
    ("before", "size", "crosses"),
    [
        (0, 65536, False),
        (0, 65537, True),
        (65535, 65536, False),
        (65535, 65537, True),
        (65536, 65537, False),
        (65536, 131072, False),
        (65536, 131073, True),
        (1, 2**64 - 1, True),
    ],
)
def test_segment_ends(one, refused, before, size, crosses):
    """Entries [65536 n, 65536 (n+1)) are a segment, and an anchor adds to one only."""
    if before:
        one.anchor(one[1], before, h("before"))
    if crosses:
        with refused("CrossesSegment"):
            one.anchor(one[1], size, h("after"))
    else:
        one.anchor(one[1], size, h("after"))
        assert one.head(1)[1] == size


def test_zero_root(one, refused):
    """Zero is what an empty head says, so no tree may say it."""
    with refused("ZeroRoot"):
        one.anchor(one[1], 1, bytes(32))


def test_only_creators_anchor(four, refused):
    """Strangers, the admin, holders without the role, suspended and revoked nodes are refused."""
    holder = four.node(1, HOLDER)
    four.admin("setNodeRoles", 2, 0)
    four.admin("revokeNode", 3)
    four.admin("revokeOperator", 4)
    callers = [STRANGER, b"\xad" * 20, holder.account, *(four[number].account for number in (2, 3, 4))]
    for caller in callers:
        with refused("NotCreator"):
            four.contract.send(caller, "anchor", 0, 1, h("r"), [])


def test_role_given_back(four):
    """A creator whose role returns goes on from its head."""
    four.anchor(four[1], 1, h("r"), four.ack(four[1], 1, h("r"), four[2]))
    four.admin("setNodeRoles", 1, HOLDER)
    four.admin("setNodeRoles", 1, CREATOR)
    four.anchor(four[1], 2, h("s"), four.ack(four[1], 2, h("s"), four[2]))
    assert four.head(1)[1] == 2


def test_anchors_of_a_revoked_creator_stay(four):
    """Revocation takes nothing back: the head can still be read."""
    four.anchor(four[1], 1, h("r"), four.ack(four[1], 1, h("r"), four[2]))
    four.admin("revokeNode", 1)
    four.admin("revokeOperator", 1)
    assert four.head(1)[:2] == (h("r"), 1)


@pytest.mark.parametrize(("operators", "quorum"), [(2, 1), (3, 1), (4, 2), (5, 3)])
def test_quorum_is_a_floor(world_of, refused, operators, quorum):
    """One acknowledgement too few is refused; the quorum and everything above it is taken."""
    world = world_of(operators)
    world.admin("setQuorum", quorum)
    creator, others = world[1], world.companies[1:]
    for count in range(quorum):
        with refused(f"QuorumNotMet(quorum={quorum})"):
            world.anchor(creator, 1, h("r"), world.ack(creator, 1, h("r"), *others[:count]))
    for size, count in enumerate(range(quorum, operators), start=1):
        root = h("r", size)
        (event,) = world.anchor(creator, size, root, world.ack(creator, size, root, *others[:count])).events()
        assert event[1]["ackers"] == tuple(other.number for other in others[:count])


def test_acknowledgements_are_checked_though_not_needed(world_of, refused):
    """With quorum 0 an acknowledgement that is handed in must still be good: the event names it."""
    world = world_of(1)
    with refused("BadAck(node=7)"):
        world.anchor(world[1], 1, h("r"), [(7, h("r"), h("s"))])
