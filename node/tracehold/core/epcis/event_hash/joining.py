"""An event's fields joined to one text (CBV 2.0, section 8.9)."""

from collections.abc import Collection, Mapping
from typing import Any

from tracehold.core.epcis.event_hash.fields import (
    DEALINGS,
    DECLARATION,
    SENSORS,
    STANDARD,
    Order,
    free,
    members,
)
from tracehold.core.epcis.event_hash.values import Profile, Values, bindings, values

_UNSAID = frozenset(("@context", "type", "eventID", "recordTime", "errorDeclaration", "certificationInfo"))
_UNCERTIFIED: Order = {name: write for name, write in STANDARD.items() if name != "certificationInfo"}
_HEADS = {True: STANDARD, False: _UNCERTIFIED}
_FIELDS = STANDARD.keys() | DEALINGS.keys() | SENSORS.keys() | _UNSAID


def joined(event: Mapping[str, Any], profile: Profile, leave_out: Collection[str] = ()) -> str:
    """The whole text, without what the algorithm leaves out."""
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


def declared(event: Mapping[str, Any], profile: Profile) -> str:
    """The text of the error declaration; empty where there is none."""
    left: list[str] = []
    text = _only(event, DECLARATION, values(profile, bindings(event.get("@context"))), left)
    return text + "".join(sorted(left))


def _only(event: Mapping[str, Any], order: Order, write: Values, left: list[str]) -> str:
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
