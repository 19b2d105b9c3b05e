"""When Python looks for cycles of objects that nothing reaches any more.

An answer of thousands of items makes hundreds of thousands of objects, none in a cycle. As Python is set, it
looks through all of them, and through all that the node keeps in memory, again and again: a third of the time
of a large recall.
"""

import gc

NEW = 50_000
"""Objects made, and not yet gone, between two looks at the new ones; a look takes some milliseconds. What is
in cycles waits so long for its memory."""


def collect_seldom() -> None:
    """To be called once, when the process holds what it will always hold: that is not looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW, *gc.get_threshold()[1:])
