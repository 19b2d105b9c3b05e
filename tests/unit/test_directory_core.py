"""The directory's rules: which names have keys, how far a lookup reaches, how much a member may ask."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vectors.directory_cases import CLASS, LOT, NETWORK_KEY, PIECE, SSCC
from tracehold.core.allowance import Allowance
from tracehold.core.dht.keys import (
    Key,
    NetworkKey,
    announceable,
    asked_name,
    distance,
    item_key,
    keys_of,
    names_of,
)
from tracehold.core.dht.provider import PROVIDER_BYTES
from tracehold.core.dht.region import Seen, region_of, region_of_two
from tracehold.core.errors import Unavailable

PAGE = (Path(__file__).parents[2] / "docs/spec/directory.md").read_text("utf-8")
IDS = st.integers(0, (1 << 160) - 1).map(lambda number: number.to_bytes(20, "big"))


@pytest.mark.parametrize(
    ("item", "names"),
    [
        (CLASS, (CLASS,)),
        (LOT, (LOT, CLASS)),
        (PIECE, (CLASS,)),
        (SSCC, (SSCC,)),
        ("https://id.gs1.org/8004/9521000ASSET", ("https://id.gs1.org/8004/9521000ASSET",)),
        ("https://id.gs1.org/8003/09521000001237TRAY7", ("https://id.gs1.org/8003/09521000001237",)),
        ("https://id.gs1.org/253/9521000000018DOC1", ("https://id.gs1.org/253/9521000000018",)),
        ("urn:x:cask:7", ("urn:x:cask:7",)),
        ("https://id.gs1.org/414/9521000000018", ()),
        ("https://id.gs1.org/414/9521000000018/254/7", ()),
        ("https://id.gs1.org/417/9521000000018", ()),
    ],
)
def test_names_by_level(item, names):
    """Classes and lots; a piece by its class; what has no class by itself; places and parties not at all."""
    assert names_of(item) == names
    assert asked_name(item) == (names[0] if names else None)


@pytest.mark.parametrize("item", [CLASS, LOT, PIECE, SSCC, "urn:x:cask:7"])
def test_who_asks_finds_what_was_announced(item):
    """The name that is asked is among those under which the same item is announced."""
    name = asked_name(item)
    assert name is not None
    assert item_key(NETWORK_KEY, name) in keys_of(NETWORK_KEY, [item])


def test_another_network_key_gives_other_keys():
    """Outsiders who know the item do not know the key."""
    other = NetworkKey(bytes(32))
    assert not keys_of(NETWORK_KEY, [LOT]) & keys_of(other, [LOT])


@pytest.mark.parametrize(
    ("audience", "open_"),
    [("public", 1), ("network", 1), ("interest", 1), ("parties", 0), ("authority", 0), ("", 0), ("all", 0)],
)
def test_records_for_few_are_never_announced(audience, open_):
    """Nor those of an audience that nobody knows."""
    assert announceable(audience) is bool(open_)


def test_the_examples_of_the_page_hold():
    """Keys and length as they are computed here."""
    for name in (LOT, CLASS, SSCC):
        assert item_key(NETWORK_KEY, name).hex() in PAGE
    assert NETWORK_KEY.hex()[:6] in PAGE
    assert f"{PROVIDER_BYTES} bytes" in PAGE


def seen(nodes, key: bytes, asked: int, dead: frozenset = frozenset()) -> Seen:
    """A lookup that meets the `asked` nearest of these nodes."""
    met = sorted(nodes, key=lambda node: distance(node, key))[:asked]
    return Seen(Key(key), met, [node for node in met if node not in dead], whole=len(met) < asked)


@given(st.sets(IDS, min_size=1, max_size=80), IDS, st.integers(2, 20), st.integers(1, 8), st.data())
def test_a_region_has_the_nearest_live_nodes_of_each_of_its_keys(nodes, key, asked, replicas, data):
    """Whatever the network: who is nearest to a covered key and alive is among those that were found."""
    dead = frozenset(data.draw(st.sets(st.sampled_from(sorted(nodes)), max_size=10)))
    first = seen(nodes, key, asked, dead)
    found, region = set(first.alive), region_of(first, replicas)
    if region is None:
        beside = seen(nodes, first.sibling, asked, dead)
        region = region_of_two(first, beside, replicas)
        found |= set(beside.alive)
    low = data.draw(st.integers(0, (1 << region.bits) - 1)).to_bytes(20, "big")
    other = Key(distance(key, low).to_bytes(20, "big"))
    assert region.covers(other)
    assert other <= region.last
    nearest = sorted(nodes - dead, key=lambda node: distance(node, other))[:replicas]
    if region.bits:
        assert set(nearest) <= found


def test_a_region_covers_its_key_and_not_the_whole_ring():
    """It is of use: with 20 of a thousand nodes found, a region is some hundredth of the ring."""
    nodes = [item_key(NETWORK_KEY, f"node {number}") for number in range(1_000)]
    key = item_key(NETWORK_KEY, "key")
    region = region_of(seen(nodes, key, 20), 8)
    assert region is not None
    assert region.covers(key)
    assert 150 < region.bits < 156
    assert not region.covers(Key(distance(key, b"\x80" + bytes(19)).to_bytes(20, "big")))


def test_a_network_that_is_known_whole_is_one_region():
    """However few its nodes are."""
    region = region_of(seen([b"\xff" * 20], bytes(20), 8), 8)
    assert region is not None
    assert region.covers(Key(b"\x80" * 20))
    assert region.last == b"\xff" * 20


def test_what_is_not_known_is_not_covered():
    """Two nodes of many say nothing of other keys: neither they nor those beside are enough."""
    first = Seen(Key(bytes(20)), [b"\xff" * 20], [b"\xff" * 20])
    assert region_of(first, 8) is None
    region = region_of_two(first, Seen(first.sibling, [], []), 8)
    assert region.bits == 0
    assert not region.covers(Key(bytes(19) + b"\1"))


def test_an_allowance_fills_again():
    """A burst at once, then as much as time brings, and never more than the burst."""
    allowance = Allowance(per_s=10, burst=20)
    allowance.take("mill", 20, now=100)
    with pytest.raises(Unavailable, match="TOO_MANY_CALLS"):
        allowance.take("mill", 1, now=100)
    allowance.take("mill", 10, now=101)
    allowance.take("mill", 20, now=1_000)
    with pytest.raises(Unavailable, match="TOO_MANY_CALLS"):
        allowance.take("mill", 1, now=1_000)


def test_a_refusal_costs_nothing_and_nobody_pays_for_another():
    """What was left before is left after; each has its own."""
    allowance = Allowance(per_s=1, burst=5)
    with pytest.raises(Unavailable):
        allowance.take("flood", 6, now=0)
    allowance.take("flood", 5, now=0)
    allowance.take("mill", 5, now=0)


def test_a_clock_that_runs_backwards_gives_nothing():
    """Time that passed is counted once."""
    allowance = Allowance(per_s=1, burst=5)
    allowance.take("mill", 5, now=10)
    with pytest.raises(Unavailable):
        allowance.take("mill", 1, now=5)
