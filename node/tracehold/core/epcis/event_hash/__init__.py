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

from tracehold.core.epcis.event_hash.fields import DEALINGS, SENSORS, STANDARD, Order, free, members
from tracehold.core.epcis.event_hash.values import Profile, bindings, values

__all__ = ["Version", "event_hash", "prehash"]


class Version(Enum):
    """Versions of the algorithm. CBV2.0 is what the published hashes with that ending follow; CBV2.1 is the
    draft."""

    CBV_2_0 = Profile("CBV2.0", "https://gs1.org/voc/", exact=False, certified=True, placed=False)
    CBV_2_1 = Profile("CBV2.1", "https://ref.gs1.org/voc/", exact=True, certified=False, placed=True)


_UNSAID = frozenset(("@context", "type", "eventID", "recordTime", "errorDeclaration", "certificationInfo"))
_UNCERTIFIED: Order = {name: write for name, write in STANDARD.items() if name != "certificationInfo"}
_HEADS = {True: STANDARD, False: _UNCERTIFIED}
_FIELDS = STANDARD.keys() | DEALINGS.keys() | SENSORS.keys() | _UNSAID


def event_hash(
    event: Mapping[str, Any], version: Version = Version.CBV_2_0, *, leave_out: Collection[str] = ()
) -> str:
    """`ni:///sha-256;<hex>?ver=CBV2.0` of an event; arguments as `prehash`."""
    digest = hashlib.sha256(prehash(event, version, leave_out=leave_out).encode("utf-8", "surrogatepass"))
    return f"ni:///sha-256;{digest.hexdigest()}?ver={version.value.version}"


def prehash(
    event: Mapping[str, Any], version: Version = Version.CBV_2_0, *, leave_out: Collection[str] = ()
) -> str:
    """The text that is hashed.

    `event` is the JSON of one event with its `@context`, as `strict_json.loads` of a payload gives it; it
    need
    not be a valid event, and nothing is raised for what is not. `leave_out` names extensions of the event, as
    `{namespace}local`, that a document asks to pass over (its `ignoreFields`).
    """
    profile = version.value
    write = values(profile, bindings(event.get("@context")))
    left: list[str] = []
    whole = _zoned(event)
    kind = str(event.get("type", "")).rpartition(":")[2].rpartition("/")[2]
    head = "eventType=" + kind + _only(whole, _HEADS[profile.certified], write, left)
    sensed = _only(whole, SENSORS, write, left)
    dealt = [_only(whole, {name: writer}, write, left) for name, writer in DEALINGS.items()]
    if profile.placed:
        sensed, dealt = "".join(dealt) + sensed, []
    rest = [text for text in dealt if text] + left
    for key in event.keys() - _FIELDS:
        name = write.name(key)
        if name not in leave_out:
            rest += free(write, name, event[key])
    return head + sensed + "".join(sorted(rest))


def _only(event: Mapping[str, Any], order: Order, write: Any, left: list[str]) -> str:
    return members(write, {name: event[name] for name in order if name in event}, order, left)


def _zoned(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event with the zone of its time, which some leave to eventTimeZoneOffset."""
    when, zone = event.get("eventTime"), event.get("eventTimeZoneOffset")
    if (
        not isinstance(when, str)
        or not isinstance(zone, str)
        or when[-1:] in "Zz"
        or when[-6:-5] in ("+", "-")
    ):
        return event
    return {**event, "eventTime": when.strip() + zone.strip()}
