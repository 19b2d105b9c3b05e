"""Questions about several items at once: their names, and how much they may ask together."""

from collections.abc import Sequence

from tracehold.core.errors import Rejected
from tracehold.journey.inquiry import named

TOGETHER = 2_000_000
"""Items asked about times items that each may reach."""


def names(items: Sequence[str], most: int, path: str = "/items") -> tuple[str, ...]:
    """The items in canonical spelling, each once, in their order. Raises `Rejected` at the one that is no
    identifier, and BAD_REQUEST where so many items may not reach `most` each.
    """
    found = tuple(dict.fromkeys(named(item, f"{path}/{at}") for at, item in enumerate(items)))
    if len(found) * most > TOGETHER:
        raise Rejected(
            "BAD_REQUEST",
            f"{len(found)} items with up to {most} each are more than {TOGETHER} together",
            path="/maxItems",
            remedy="Ask about fewer items at once, or for fewer of each.",
        )
    return found
