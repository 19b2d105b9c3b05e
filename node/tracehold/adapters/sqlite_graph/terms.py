"""The terms by which a fact is found in the file."""

from tracehold.core.lineage import Fact, found_under

EVENT = " e "
"""Prefix of the term of an event id. No identifier begins with it: outer space is refused in all of them."""

TRANSFORMATION = " t "
"""Prefix of the term of a transformation id."""


def terms(fact: Fact) -> set[str]:
    """All that the fact is found by."""
    found = set(found_under(fact))
    if fact.event_id is not None:
        found.add(EVENT + fact.event_id)
    if fact.transformation_id is not None:
        found.add(TRANSFORMATION + fact.transformation_id)
    return found
