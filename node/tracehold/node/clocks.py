"""Clocks of the machine, as parts take them."""

import time


def ticks() -> float:
    """Seconds that pass also while the machine sleeps: its wakening is no leap of the wall clock."""
    # CLOCK_MONOTONIC stands still while the machine sleeps.
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def micros() -> int:
    """Microseconds, for how long something took."""
    return time.perf_counter_ns() // 1_000
