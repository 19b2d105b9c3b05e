"""Draws of an audit: what they find, and that nobody steers them."""

import math
import random

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from tracehold.core.audit import Between, seed_of
from tracehold.core.ids import LogId, NetworkId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.sampling import SAMPLES, AskedEntry, Draws, Owed, chance, draw, needed

LOG, OTHER = LogId(b"\x01" * 32), LogId(b"\x02" * 32)
ENTRIES = 20_000
WHOLE = [Owed(LOG, 0, ENTRIES, ENTRIES)]
RUNS = 200


def seed(number, of=b""):
    """A fixed one."""
    return number.to_bytes(16, "big") + of.rjust(16, b"\0")


@pytest.mark.parametrize(
    ("lost", "sure", "samples"),
    [
        (0.01, 0.95, 299),
        (0.01, 0.99, 459),
        (0.01, 0.90, 230),
        (0.001, 0.95, 2_995),
        (0.05, 0.95, 59),
        (0.10, 0.99, 44),
        (0.5, 0.999, 10),
    ],
)
def test_how_many_samples_find_a_loss(lost, sure, samples):
    """The published table; one fewer is too few."""
    assert needed(lost, sure) == samples
    assert chance(lost, samples) >= sure > chance(lost, samples - 1)


@pytest.mark.parametrize(("lost", "sure"), [(0, 0.9), (1, 0.9), (0.1, 0), (0.1, 1)])
def test_no_number_of_samples_is_told_for_certainty(lost, sure):
    """Nor for no loss."""
    with pytest.raises(ValueError, match="lie between"):
        needed(lost, sure)


def found(samples, lost_at):
    """In how many of the runs at least one sample meets a lost entry."""
    draws = (draw(seed(number, b"statistics"), WHOLE, samples, number) for number in range(RUNS))
    return sum(any(place.index in lost_at for place in places) for places in draws)


def lost_entries(share):
    """Lost silently, anywhere: fixed."""
    return frozenset(random.Random(1).sample(range(ENTRIES), int(ENTRIES * share)))


@pytest.mark.parametrize("samples", [SAMPLES, 299, 459])
def test_two_hundred_audits_find_one_percent_as_theory_says(samples):
    """Within three standard deviations of the binomial."""
    expected = RUNS * chance(0.01, samples)
    deviation = math.sqrt(expected * (1 - chance(0.01, samples)))
    assert abs(found(samples, lost_entries(0.01)) - expected) <= 3 * deviation


def test_ten_days_find_what_one_day_may_miss():
    """46 a day: after ten days 1 % is found with 99 %."""
    lost = lost_entries(0.01)
    days = [
        [draw(seed(10 * run + day, b"days"), WHOLE, SAMPLES, day) for day in range(10)] for run in range(RUNS)
    ]
    met = sum(any(place.index in lost for places in run for place in places) for run in days)
    assert met / RUNS >= 0.97


def test_what_is_whole_is_never_found_lost():
    """The test above can fail."""
    assert found(SAMPLES, frozenset()) == 0


def segments(count, per=SEGMENT_ENTRIES):
    """Whole segments of one log."""
    return [Owed(LOG, at * per, (at + 1) * per, count * per) for at in range(count)]


@pytest.mark.parametrize("count", [1, 7, 23, 24, 100, 101])
def test_each_segment_is_asked_once_in_every_cycle(count):
    """Whatever chance says of the rest; and no more than half of the samples are spent on it."""
    owed = segments(count)
    cycle = -(-count // (SAMPLES // 2))
    turns = set()
    for epoch in range(1000, 1000 + cycle):
        places = draw(seed(epoch), owed, SAMPLES, epoch)
        first = places[: len(owed[epoch % cycle :: cycle])]
        assert len(first) <= SAMPLES // 2
        turns |= {place.index // SEGMENT_ENTRIES for place in first}
    assert turns == set(range(count))


def test_security_a_small_segment_dropped_whole_is_found_within_a_cycle():
    """One entry among 6.5 million: uniform samples would take years."""
    small = Owed(OTHER, 0, 1, 1)
    owed = [*segments(99), small]
    asked = [place for epoch in range(5) for place in draw(seed(epoch), owed, SAMPLES, epoch)]
    assert AskedEntry(OTHER, 0, 1) in asked


@given(
    st.binary(min_size=32, max_size=32),
    st.lists(st.integers(1, 1 << 40), min_size=1, max_size=60),
    st.integers(1, 128),
    st.integers(0, 1 << 40),
)
def test_every_place_is_owed(key, lengths, samples, epoch):
    """Whatever is owed, in whatever order it is told; as many as were asked for."""
    owed = [Owed(LogId(bytes([at]) * 32), 7, 7 + length, 9 + length) for at, length in enumerate(lengths)]
    places = draw(key, owed, samples, epoch)
    assert len(places) == samples
    assert places == draw(key, reversed(owed), samples, epoch)
    by_log = {run.log: run for run in owed}
    for place in places:
        run = by_log[place.log]
        assert run.start <= place.index < run.stop
        assert place.size == run.size


def test_nothing_owed_is_nothing_asked():
    """And no sample is none."""
    assert draw(seed(1), [], SAMPLES, 1) == draw(seed(1), WHOLE, 0, 1) == ()


@given(st.binary(min_size=32, max_size=32), st.integers(1, 1 << 63))
def test_a_number_is_below_its_end(key, end):
    """Also of ranges that are no power of two."""
    draws = Draws(key)
    assert all(0 <= draws.below(end) < end for _ in range(70))


def test_a_word_beyond_the_last_multiple_is_passed_over():
    """Of this range every fourth word is; folding it back would draw the low numbers more often."""
    key, end = seed(5), 3 << 61
    stream = blake3(b"records", key=key).digest(length=8 * 200)
    words = [int.from_bytes(stream[at : at + 8], "big") for at in range(0, len(stream), 8)]
    fair = [word % end for word in words if word < 2 * end]
    assert len(fair) < len(words)
    draws = Draws(key)
    assert [draws.below(end) for _ in fair] == fair


@pytest.mark.parametrize("end", [0, -1, (1 << 63) + 1])
def test_there_is_no_number_in_such_a_range(end):
    """Nor in one over 63 bits."""
    with pytest.raises(ValueError, match="range"):
        Draws(seed(1)).below(end)


def test_security_a_block_producer_that_tries_a_thousand_hashes_cannot_steer():
    """It lost 1 % and picks, of a thousand blocks that it could seal, one that would spare it under the nonce
    that it guesses. Under the nonce that was committed to it is found as often as with any block.
    """
    lost = lost_entries(0.01)

    def spared(block, nonce):
        between = Between(NetworkId(bytes(32)), OTHER, LOG)
        places = draw(seed_of(between, 7, block.to_bytes(32, "big"), nonce), WHOLE, SAMPLES, 7)
        return not any(place.index in lost for place in places)

    ground = [
        next(block for block in range(run * 1000, run * 1000 + 1000) if spared(block, b"g" * 32))
        for run in range(RUNS)
    ]
    assert all(spared(block, b"g" * 32) for block in ground)
    kept = sum(spared(block, run.to_bytes(32, "big")) for run, block in enumerate(ground))
    expected = RUNS * (1 - chance(0.01, SAMPLES))
    assert abs(kept - expected) <= 3 * math.sqrt(expected * chance(0.01, SAMPLES))
