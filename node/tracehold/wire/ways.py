"""Kinds of calls between nodes. Limits are for each kind apart, at both ends, so that none takes the turns of
another: shipments, which anchors wait for; ranges, with which others catch up; audits, for which a member has
little time; and questions.
"""

from enum import StrEnum


class Way(StrEnum):
    """Kinds of calls."""

    QUESTION = "question"
    RANGE = "range"
    SHIPMENT = "shipment"
    AUDIT = "audit"


_WAYS = {
    "GetEntries": Way.RANGE,
    "GetBase": Way.RANGE,
    "Replicate": Way.SHIPMENT,
    "GetCustody": Way.AUDIT,
    "Challenge": Way.AUDIT,
    "GetTranscripts": Way.AUDIT,
}


def way_of(method: str) -> Way:
    """What kind of call a method of `PeerService` is."""
    return _WAYS.get(method, Way.QUESTION)
