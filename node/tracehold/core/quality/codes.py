"""The codes of findings. They warn: none is ever a reason to refuse, unless the operator says so."""

from enum import StrEnum


class Code(StrEnum):
    """What may be doubtful about an event, given the others. docs/quality.md has an example of each."""

    PACKED_ELSEWHERE = "PACKED_ELSEWHERE"
    """A thing is put into a container while it is still in another one."""
    USED_BEFORE_MADE = "USED_BEFORE_MADE"
    """Something happens to a thing before the first event that makes or commissions it."""
    USED_AFTER_CONSUMED = "USED_AFTER_CONSUMED"
    """Something happens to a thing that was used up or decommissioned."""
    MORE_OUT_THAN_IN = "MORE_OUT_THAN_IN"
    """A process puts out more of a unit than went in, where all that went in is counted in that unit."""
    MORE_USED_THAN_MADE = "MORE_USED_THAN_MADE"
    """More of a lot or class is used up than was made of it by then."""
    MORE_UNPACKED_THAN_PACKED = "MORE_UNPACKED_THAN_PACKED"
    """More of a lot or class is taken out of a container than was put in."""
    VOIDED = "VOIDED"
    """The event was taken back by an error declaration."""
    RESTS_ON_VOIDED = "RESTS_ON_VOIDED"
    """The event is about a thing whose making was taken back, and that nothing else makes."""
    VOIDED_BY_ID_ALONE = "VOIDED_BY_ID_ALONE"
    """The error declaration differs from the event that it takes back: only the event id says which."""
    EVENT_ID_REUSED = "EVENT_ID_REUSED"
    """One issuer says different events under one event id."""
    SAID_BY_OTHERS = "SAID_BY_OTHERS"
    """Another issuer says the very same event."""
    RECEIVED_NOT_SHIPPED = "RECEIVED_NOT_SHIPPED"
    """A thing is received that nobody shipped."""
    SHIPPED_NOT_RECEIVED = "SHIPPED_NOT_RECEIVED"
    """A thing was shipped, and is somewhere else since, and nobody received it."""
    UNKNOWN_PLACE = "UNKNOWN_PLACE"
    """No master data that is kept here describes the place."""
    NOT_JUDGED = "NOT_JUDGED"
    """More is said of a thing of the event than is judged; said of one event of each such thing."""


REFUSABLE = frozenset(Code) - {Code.VOIDED, Code.SHIPPED_NOT_RECEIVED}
"""What can be said of an event when it comes: the others are said of events that were taken before."""
