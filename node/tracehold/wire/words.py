"""Words of core and journey as enums of the protos, and back. One rule:
the same word, in capitals, after the prefix.
"""

from typing import Any

from google.protobuf.descriptor import EnumDescriptor

from tracehold.core.errors import Rejected, TraceholdError
from tracehold.core.record import Audience
from tracehold.core.roster import Speaker
from tracehold.journey.holders import CopyCount
from tracehold.journey.states import State
from tracehold.v1 import errors_pb2, record_pb2
from tracehold.wire.descriptors import enum_numbers

_AUDIENCES: dict[int, Audience] = {
    record_pb2.AUDIENCE_UNSPECIFIED: Audience.NETWORK,
    record_pb2.AUDIENCE_PUBLIC: Audience.PUBLIC,
    record_pb2.AUDIENCE_NETWORK: Audience.NETWORK,
    record_pb2.AUDIENCE_INTEREST: Audience.INTEREST,
    record_pb2.AUDIENCE_PARTIES: Audience.PARTIES,
    record_pb2.AUDIENCE_AUTHORITY: Audience.AUTHORITY,
}
_WAITED_FOR: dict[int, State] = {
    record_pb2.STATE_UNSPECIFIED: State.SEALED,
    record_pb2.STATE_SEALED: State.SEALED,
    record_pb2.STATE_REPLICATED: State.REPLICATED,
    record_pb2.STATE_ANCHORED: State.ANCHORED,
    record_pb2.STATE_FINAL: State.FINAL,
}


def number_of(enum: Any, word: str) -> Any:
    """The enum's value for a word of ours, for example STATE_FINAL for `final`;
    unspecified for a word it has not.

    `enum` is the generated enum type. A state or kind that comes with a later
    release is so never a wrong one.
    """
    descriptor: EnumDescriptor = enum.DESCRIPTOR
    return enum_numbers(descriptor).get(word.upper(), 0)


def state_number(state: State | None) -> Any:
    """The state on the wire."""
    return number_of(record_pb2.State, state or "")


def copies_message(copies: CopyCount | None) -> record_pb2.Copies | None:
    """How many copies there are; None where that is not known here."""
    return record_pb2.Copies(kept=copies.kept, target=copies.target) if copies else None


def waited_for(number: int, path: str) -> State:
    """The state that an upload waits for; SEALED where it is unspecified. Raises BAD_REQUEST."""
    if number not in _WAITED_FOR:
        raise Rejected("BAD_REQUEST", "is no state that can be waited for", path=path)
    return _WAITED_FOR[number]


def audience(number: int, path: str) -> Audience:
    """The audience; NETWORK where it is unspecified. Raises BAD_REQUEST."""
    if number not in _AUDIENCES:
        raise Rejected("BAD_REQUEST", "is no audience", path=path)
    return _AUDIENCES[number]


def speaker_message(speaker: Speaker) -> record_pb2.Speaker:
    """Who says so."""
    return record_pb2.Speaker(
        party=speaker.party,
        operator=speaker.operator,
        level=number_of(record_pb2.SpeakerLevel, speaker.level),
        suspect=speaker.suspect,
    )


def error_message(error: TraceholdError) -> errors_pb2.Error:
    """Why one record was refused."""
    return errors_pb2.Error(
        reason=number_of(errors_pb2.ErrorReason, error.code),
        message=error.message,
        path=error.path,
        remedy=error.remedy,
    )
