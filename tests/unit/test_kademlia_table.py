"""The table of contacts: nearest exactly, members only, patience with those who are silent."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracehold.adapters.dht import KademliaTable
from tracehold.core.dht.keys import Key, distance
from tracehold.core.ids import LogId
from tracehold.core.placement import dht_id

OWN = LogId(bytes(32))
KEYS = st.binary(min_size=20, max_size=20).map(Key)
LOGS = st.sets(st.integers(1, 5_000), max_size=120).map(lambda ns: [log(n) for n in sorted(ns)])


def log(number: int) -> LogId:
    """The log id of a member."""
    return LogId(number.to_bytes(32, "big"))


def table(*logs: LogId, bucket: int = 20, members=lambda log: True) -> KademliaTable:
    """A table to which these answered."""
    made = KademliaTable(OWN, members, bucket)
    for each in logs:
        made.answered(each)
    return made


@given(LOGS, KEYS, st.integers(1, 30))
def test_the_nearest_are_the_nearest_of_all_contacts(logs, key, count):
    """None is missed and none stands before a nearer one, however the buckets lie."""
    made = table(*logs)
    order = sorted(made.contacts(), key=lambda each: distance(dht_id(each), key))
    assert list(made.nearest(key, count)) == order[:count]


@given(LOGS)
def test_the_ranges_are_the_ring(logs):
    """Without a gap, from the first id to the last."""
    ranges = table(*logs, bucket=3).ranges()
    assert (ranges[0][0], ranges[-1][1]) == (0, 1 << 160)
    assert all(one[1] + 1 == next_[0] for one, next_ in pairwise(ranges))


def test_those_around_this_node_are_all_known():
    """Far parts of the ring are thinned out, the own surroundings are not."""
    logs = [log(number) for number in range(1, 1_000)]
    made = table(*logs, bucket=8)
    own = dht_id(OWN)
    near = sorted(logs, key=lambda each: distance(dht_id(each), own))[:8]
    assert list(made.nearest(Key(own), 8)) == near
    assert len(made.contacts()) < 400


def test_this_node_is_not_its_own_contact():
    """However often it is named."""
    made = table(OWN)
    made.asked(OWN)
    assert list(made.contacts()) == []


def test_a_contact_at_the_very_place_is_found():
    """Its id is the key."""
    made = table(log(1), log(2))
    assert list(made.nearest(Key(dht_id(log(2))), 1)) == [log(2)]


def test_two_silences_in_a_row_end_it():
    """One may be bad luck."""
    made = table(log(1))
    assert not made.silent(log(1))
    assert list(made.contacts()) == [log(1)]
    assert made.silent(log(1))
    assert list(made.contacts()) == []
    assert not made.silent(log(1))


def test_an_answer_restores_patience():
    """Silences count in a row only."""
    made = table(log(1))
    made.silent(log(1))
    made.answered(log(1))
    made.silent(log(1))
    assert list(made.contacts()) == [log(1)]


def test_one_that_asks_and_never_answers_gets_one_chance():
    """Attack: fill tables with members that ask everybody and answer nobody."""
    made = table(log(1))
    made.silent(log(1))
    made.silent(log(1))
    made.asked(log(1))
    assert list(made.contacts()) == [log(1)]
    made.silent(log(1))
    assert list(made.contacts()) == []


def test_a_replacement_takes_the_place_of_one_that_went():
    """Full buckets remember who else was there."""
    logs = [log(number) for number in range(1, 200)]
    made = table(*logs, bucket=2)
    before = set(made.contacts())
    far = max(before, key=lambda each: distance(dht_id(each), dht_id(OWN)))
    made.drop(far)
    after = set(made.contacts())
    assert far not in after
    assert len(after) == len(before)


@pytest.mark.parametrize("way", ["answered", "asked"])
def test_strangers_do_not_enter(way):
    """Only active members that can be reached."""
    made = table(members=lambda log: False)
    getattr(made, way)(log(1))
    assert list(made.contacts()) == []


def test_who_is_a_member_no_more_is_not_named():
    """And is gone from the table; the next nearest are named in its place."""
    active = {log(number) for number in range(1, 10)}
    made = table(*sorted(active), members=lambda log: log in active)
    first, second = made.nearest(Key(bytes(20)), 2)
    active.remove(first)
    assert first not in made.nearest(Key(bytes(20)), 9)
    assert made.nearest(Key(bytes(20)), 1) == [second]
    assert first not in made.contacts()
