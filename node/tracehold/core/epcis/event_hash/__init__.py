"""The event hash: what an event says, as one name, however it is spelled (CBV 2.0, section 8.9; RFC 6920).

Order, time zones, URN or Digital Link, domain, bare words or web addresses change nothing. It is the event's
identity: for duplicates, and for the event that an error declaration means. It is no evidence: eventID,
recordTime and errorDeclaration are not in it, and joined texts can be told apart only mostly. Evidence is the
record's bytes. See docs/spec/eventhash.md.
"""

import hashlib
from collections.abc import Collection, Mapping
from enum import Enum
from typing import Any

from tracehold.core.epcis.event_hash.joining import declared, joined
from tracehold.core.epcis.event_hash.values import Profile

__all__ = ["Version", "event_hash", "prehash", "statement"]

_NI = "ni:///sha-256;"


class Version(Enum):
    """Versions of the algorithm. CBV2.0 is what the published hashes with that ending follow; CBV2.1 is the
    draft."""

    CBV_2_0 = Profile("CBV2.0", "https://gs1.org/voc/", exact=False, certified=True, placed=False)
    CBV_2_1 = Profile("CBV2.1", "https://ref.gs1.org/voc/", exact=True, certified=False, placed=True)


_SAID = Profile("", "https://ref.gs1.org/voc/", exact=True, certified=True, placed=True, literal=True)


def event_hash(
    event: Mapping[str, Any], version: Version = Version.CBV_2_0, *, leave_out: Collection[str] = ()
) -> str:
    """`ni:///sha-256;<hex>?ver=CBV2.0` of an event; arguments as `prehash`."""
    digest = hashlib.sha256(prehash(event, version, leave_out=leave_out).encode("utf-8", "surrogatepass"))
    return f"{_NI}{digest.hexdigest()}?ver={version.value.version}"


def prehash(
    event: Mapping[str, Any], version: Version = Version.CBV_2_0, *, leave_out: Collection[str] = ()
) -> str:
    """The text that is hashed.

    `event` is the JSON of one event with its `@context`, as `strict_json.loads` of a payload gives it. What
    is no valid event has a text too: nothing is raised. `leave_out` names extensions of the event, as
    `{namespace}local`, that a document asks to pass over (its `ignoreFields`).
    """
    return joined(event, version.value, leave_out)


def statement(event: Mapping[str, Any]) -> str:
    """What a sender states with an event: equal for all spellings of one statement, and for two that differ
    only if they were made to meet.

    Unlike the event hash it tells a declaration from its event, one eventID from another, the lot `007` from
    the lot `7`, and two microseconds: who corrects one of these sends something new. An eventID that is the
    event's own hash states nothing.
    """
    name = str(event.get("eventID") or "").strip()
    if name.startswith(_NI) and name in (event_hash(event, version) for version in Version):
        name = ""
    return f"{joined(event, _SAID)}\x1f{name}\x1f{declared(event, _SAID)}"
