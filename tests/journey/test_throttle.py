"""So many bytes each second, whoever takes them."""

from hypothesis import given
from hypothesis import strategies as st

from tracehold.journey.throttle import Throttle

RESERVED = 1000


class Time:
    """Moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, RESERVED)), max_size=60), st.integers(1, 5000))
def test_what_is_taken_stays_under_the_rate(steps: list[tuple[float, int]], rate: int) -> None:
    """Some try again and again: what they got is never more than the time allows, and one reservation."""
    time, taken = Time(), 0
    throttle = Throttle(rate, time)
    for seconds, count in steps:
        time.now += seconds
        if throttle.wait() == 0:
            reserved = throttle.reserve(RESERVED)
            assert throttle.wait() > 0
            throttle.pay(reserved, count)
            taken += count
        assert taken <= rate * time.now + RESERVED + 1e-6


@given(st.integers(1, 5000), st.integers(1, RESERVED))
def test_nothing_of_the_rate_is_lost_either(rate: int, count: int) -> None:
    """Who waits for as long as told, and no longer, gets all of it."""
    time, taken = Time(), 0
    throttle = Throttle(rate, time)
    for _ in range(20):
        time.now += throttle.wait()
        throttle.pay(throttle.reserve(RESERVED), count)
        taken += count
    assert taken >= rate * time.now * 0.999


def test_who_took_nothing_costs_nobody_a_wait() -> None:
    """A shipment that failed is paid back."""
    time = Time()
    throttle = Throttle(10, time)
    throttle.pay(throttle.reserve(RESERVED), 0)
    assert throttle.wait() < 1e-9


def test_no_limit() -> None:
    """0: whatever was taken."""
    throttle = Throttle(0, Time())
    throttle.pay(throttle.reserve(1 << 40), 1 << 40)
    assert throttle.wait() == 0
