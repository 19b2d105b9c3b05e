"""How a node has Python look for cycles."""

import gc

from tracehold.node.collecting import NEW, collect_seldom


def test_what_is_always_there_is_not_looked_at_and_new_things_seldom():
    """An answer of thousands of items would pay for it."""
    before, kept = gc.get_threshold(), gc.get_freeze_count()
    try:
        collect_seldom()
        assert gc.isenabled()
        assert gc.get_threshold() == (NEW, *before[1:])
        assert gc.get_freeze_count() > kept + 10_000
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
