"""Everything of the package `kademlia` that is relied on, and that its known faults are still where the
overrides are. Another version that differs fails here first.
"""

import inspect
from importlib.metadata import version

import pytest
from kademlia.network import Server
from kademlia.node import Node
from kademlia.protocol import KademliaProtocol
from kademlia.routing import KBucket, RoutingTable, TableTraverser

from tracehold.adapters.dht.server import Contact, ExactTable, MemberServer
from tracehold.core.dht.keys import distance
from tracehold.core.ids import LogId
from tracehold.core.placement import dht_id

TOP = 1 << 160


def log(number: int) -> LogId:
    """The log id of a member."""
    return LogId(number.to_bytes(32, "big"))


def place(number: int) -> Node:
    """A node of the package at this id."""
    return Node(number.to_bytes(20, "big"))


def table(ksize: int = 2, own: int = 0) -> ExactTable:
    """Our table around a node at `own`. It uses nothing of the protocol."""
    return ExactTable(None, ksize, place(own))


def test_the_version_is_the_one_that_was_read():
    """Pinned exactly in pyproject.toml: read the package again before this number changes."""
    assert version("kademlia") == "2.2.3"


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (Server.__init__, "self ksize alpha node_id storage"),
        (Server.listen, "self port interface"),
        (Server._create_protocol, "self"),
        (KademliaProtocol.__init__, "self source_node storage ksize"),
        (KademliaProtocol.welcome_if_new, "self node"),
        (RoutingTable.__init__, "self protocol ksize node"),
        (RoutingTable.find_neighbors, "self node k exclude"),
        (RoutingTable.add_contact, "self node"),
        (RoutingTable.remove_contact, "self node"),
        (RoutingTable.get_bucket_for, "self node"),
        (RoutingTable.split_bucket, "self index"),
        (KBucket.__init__, "self rangeLower rangeUpper ksize replacementNodeFactor"),
        (KBucket.add_node, "self node"),
        (KBucket.remove_node, "self node"),
        (KBucket.has_in_range, "self node"),
        (KBucket.get_nodes, "self"),
        (KBucket.depth, "self"),
        (KBucket.split, "self"),
        (Node.__init__, "self node_id ip port"),
        (Node.distance_to, "self node"),
    ],
)
def test_signatures(function, parameters):
    """What is called or overridden takes what it took."""
    assert " ".join(inspect.signature(function).parameters) == parameters


def test_overridden_names_exist_in_the_package():
    """An override of nothing overrides nothing."""
    for ours, theirs in ((ExactTable, RoutingTable), (MemberServer, Server)):
        names = [name for name, value in vars(ours).items() if inspect.isfunction(value)]
        assert names
        assert all(hasattr(theirs, name) for name in names)


def test_a_node_has_id_number_and_distance():
    """20 bytes, the number they are, and XOR."""
    one, other = Contact(log(1)), Contact(log(2))
    assert one.id == dht_id(log(1))
    assert one.long_id == int.from_bytes(one.id, "big")
    assert one.distance_to(other) == distance(one.id, other.id)


def test_the_facade_is_complete_without_a_transport():
    """Server, protocol and table, around the id of the log; nothing is sent, nothing is scheduled."""
    server = MemberServer(log(7), 20)
    assert (server.ksize, server.node.id) == (20, dht_id(log(7)))
    assert type(server.protocol.router) is ExactTable
    assert server.protocol.router.node is server.node
    assert (server.transport, server.protocol.transport) == (None, None)
    assert (server.refresh_loop, server.save_state_loop) == (None, None)


async def test_it_never_listens():
    """The package's datagrams would be a second, unguarded door."""
    with pytest.raises(RuntimeError, match="not spoken"):
        await MemberServer(log(7), 20).listen(0)


def test_a_bucket_spans_the_ring_and_splits_in_halves():
    """Ranges are inclusive; contacts go where their ids are."""
    whole = table(ksize=4)
    (bucket,) = whole.buckets
    assert bucket.range == (0, TOP)
    for number in (1, 2, TOP - 1, TOP - 2):
        assert bucket.add_node(place(number))
    low, high = bucket.split()
    assert (low.range, high.range) == ((0, TOP // 2), (TOP // 2 + 1, TOP))
    assert [node.long_id for node in low.get_nodes()] == [1, 2]
    assert [node.long_id for node in high.get_nodes()] == [TOP - 1, TOP - 2]


def test_a_full_bucket_keeps_replacements_and_promotes_the_newest():
    """add_node says False then; a removal lets the last of them in."""
    bucket = KBucket(0, TOP, 2)
    assert [bucket.add_node(place(number)) for number in (1, 2, 3, 4)] == [True, True, False, False]
    assert [node.long_id for node in bucket.get_nodes()] == [1, 2]
    bucket.remove_node(place(1))
    assert [node.long_id for node in bucket.get_nodes()] == [2, 4]


def test_a_known_contact_moves_to_the_end_of_its_bucket():
    """Most recently seen last, and there once."""
    bucket = KBucket(0, TOP, 2)
    for number in (1, 2, 1):
        bucket.add_node(place(number))
    assert [node.long_id for node in bucket.get_nodes()] == [2, 1]


def test_replacements_are_bounded():
    """Five times the bucket's size, the oldest go: strangers cannot fill the memory."""
    bucket = KBucket(0, TOP, 2)
    for number in range(1, 100):
        bucket.add_node(place(number))
    assert len(bucket.replacement_nodes) == 10


def test_a_full_bucket_far_away_is_left_alone():
    """The package would ping its head over its own transport, and evict it though it is alive."""
    full = table(ksize=2, own=0)
    high = TOP // 2 + 1
    # Ids that share no prefix below the halves, so that depth is 1 and 1 % 5 splits on; up to depth 5.
    for number in range(64):
        full.add_contact(place(high + (number << 150)))
    kept = [node.long_id for bucket in full.buckets for node in bucket.get_nodes()]
    for number in range(64, 128):
        full.add_contact(place(high + (number << 150) + 1))
    assert set(kept) <= {node.long_id for bucket in full.buckets for node in bucket.get_nodes()}
    assert all(len(bucket) <= 2 for bucket in full.buckets)


def test_the_last_id_of_a_range_is_found_again():
    """The package looks into the next bucket, so that such a contact could never be removed."""
    split = table(ksize=1, own=0)
    split.add_contact(place(TOP // 2))
    split.add_contact(place(TOP - 1))
    split.remove_contact(place(TOP // 2))
    assert [node.long_id for bucket in split.buckets for node in bucket.get_nodes()] == [TOP - 1]
    stock = RoutingTable(None, 1, place(0))
    stock.split_bucket(0)
    assert stock.get_bucket_for(place(TOP // 2)) == 1


def test_the_search_of_the_package_is_still_wrong():
    """Once it is not, the override may go: it stops at the first bucket with enough, not at the nearest."""
    assert hasattr(TableTraverser, "__next__")
    ours, stock = table(ksize=2, own=0), RoutingTable(None, 2, place(0))
    for one in (ours, stock):
        for number in (TOP // 4, TOP // 4 + 1, TOP // 2 + 5, TOP - 1):
            one.add_contact(place(number))
    target = place(TOP - 2)
    nearest = sorted((TOP // 4, TOP // 4 + 1, TOP // 2 + 5, TOP - 1), key=lambda one: one ^ (TOP - 2))
    assert [node.long_id for node in ours.find_neighbors(target, k=3)] == nearest[:3]
    wrong = [
        one
        for one in range(0, TOP, TOP // 64)
        if [n.long_id for n in stock.find_neighbors(place(one), k=1)]
        != [n.long_id for n in ours.find_neighbors(place(one), k=1)]
    ]
    assert wrong
