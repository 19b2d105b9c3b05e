"""Short ways to say EPCIS events. Times are minutes into a day; a bare number of an amount is kilograms."""

import json
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from tests.lineage.goods import spellings

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
DAY = 1_772_323_200_000_000
"""2026-03-01T00:00:00Z in microseconds."""
ONE, OTHER = "https://id.gs1.org/417/9521000000025", "https://id.gs1.org/417/9521000000032"

Thing = str | tuple[str, float] | tuple[str, float, str]
"""A piece or an uncounted lot by its name, else (lot, amount) or (lot, amount, unit)."""


@dataclass(frozen=True)
class Event:
    """An event as JSON, and the party that says it; or an element of master data."""

    body: dict[str, Any]
    party: str = ONE
    is_masterdata: bool = False

    @property
    def payload(self) -> bytes:
        """What is signed."""
        return json.dumps(self.body).encode()


def micros(minute: float) -> int:
    """The instant of a minute."""
    return DAY + round(minute * 60_000_000)


def stamp(minute: float) -> str:
    """The same as text."""
    seconds = round(minute * 60)
    return f"2026-03-01T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.000Z"


def _event(kind: str, minute: float, party: str = ONE, /, **fields: Any) -> Event:
    party = fields.pop("by", party)
    for name in ("readPoint", "bizLocation"):
        if name in fields:
            fields[name] = {"id": fields[name]}
    body = {
        "@context": CONTEXT,
        "type": kind,
        "eventTime": stamp(minute),
        "eventTimeZoneOffset": "+00:00",
        **fields,
    }
    return Event(body, party)


def _things(things: tuple[Thing, ...], epcs: str, amounts: str) -> dict[str, Any]:
    named: list[str] = []
    counted: list[dict[str, Any]] = []
    for thing in things:
        if isinstance(thing, tuple):
            unit = thing[2] if len(thing) == 3 else "KGM"
            counted.append({"epcClass": thing[0], "quantity": thing[1], "uom": unit})
        elif "/10/" in thing and "/21/" not in thing:
            counted.append({"epcClass": thing})
        else:
            named.append(thing)
    return {epcs: named} | ({amounts: counted} if counted else {})


def see(minute: float, *things: Thing, action: str = "OBSERVE", **more: Any) -> Event:
    """Looked at."""
    return _event("ObjectEvent", minute, action=action, **_things(things, "epcList", "quantityList"), **more)


def begin(minute: float, *things: Thing, **more: Any) -> Event:
    """Commissioned; `lot`: the lot number in its master data."""
    return see(minute, *things, action="ADD", **_lot(more))


def end(minute: float, *things: Thing, **more: Any) -> Event:
    """Decommissioned."""
    return see(minute, *things, action="DELETE", **more)


def pack(minute: float, parent: str | None, *things: Thing, action: str = "ADD", **more: Any) -> Event:
    """Put into a container."""
    whole = {"parentID": parent} if parent else {}
    children = _things(things, "childEPCs", "childQuantityList")
    return _event("AggregationEvent", minute, action=action, **whole, **children, **more)


def unpack(minute: float, parent: str, *things: Thing, **more: Any) -> Event:
    """Taken out; without things: all of it."""
    return pack(minute, parent, *things, action="DELETE", **more)


def sight(minute: float, parent: str | None, *things: Thing, **more: Any) -> Event:
    """Seen in a container; without one: seen together."""
    return pack(minute, parent, *things, action="OBSERVE", **more)


def mount(minute: float, parent: str, *things: Thing, action: str = "ADD", **more: Any) -> Event:
    """Made part of something."""
    children = _things(things, "childEPCs", "childQuantityList")
    return _event("AssociationEvent", minute, action=action, parentID=parent, **children, **more)


def unmount(minute: float, parent: str, *things: Thing, **more: Any) -> Event:
    """Taken from the whole."""
    return mount(minute, parent, *things, action="DELETE", **more)


def make(minute: float, inputs: list[Thing], outputs: list[Thing], **more: Any) -> Event:
    """A transformation; `process`: its transformation id, `lot`: the lot number of the outputs."""
    name = {"transformationID": more.pop("process")} if "process" in more else {}
    objects = _things(tuple(inputs), "inputEPCList", "inputQuantityList")
    objects |= _things(tuple(outputs), "outputEPCList", "outputQuantityList")
    return _event("TransformationEvent", minute, **objects, **name, **_lot(more))


def trade(minute: float, document: str, *things: Thing, action: str = "ADD", **more: Any) -> Event:
    """Tied to a business document."""
    bill = [{"type": "po", "bizTransaction": document}]
    objects = _things(things, "epcList", "quantityList")
    return _event("TransactionEvent", minute, action=action, bizTransactionList=bill, **objects, **more)


def sense(
    minute: float,
    where: str,
    *things: Thing,
    since: float | None = None,
    until: float | None = None,
    **more: Any,
) -> Event:
    """Sensors read at a place, things or the place alone; `since` and `until`: over that time."""
    times = {"startTime": since, "endTime": until}
    metadata = {name: stamp(value) for name, value in times.items() if value is not None}
    report = {"type": "gs1:Temperature", "value": 4.0, "uom": "CEL"}
    element = ({"sensorMetadata": metadata} if metadata else {}) | {"sensorReport": [report]}
    return see(minute, *things, readPoint=where, sensorElementList=[element], **more)


def introduce(id: str, name: str, *, kind: str = "Party", by: str = ONE) -> Event:
    """Master data: what a party says that another, or a place (kind `Location`), is called."""
    attribute = {"id": "urn:epcglobal:cbv:mda#name", "attribute": name}
    element = {"id": id, "attributes": [attribute]}
    body = {"@context": CONTEXT, "type": f"urn:epcglobal:epcis:vtype:{kind}", "element": element}
    return Event(body, by, is_masterdata=True)


def handed(before: str | None = None, after: str | None = None) -> dict[str, Any]:
    """Who had it before a transfer, and who has it afterwards: fields of an event."""
    ends = {
        "sourceList": before and [{"type": "possessing_party", "source": before}],
        "destinationList": after and [{"type": "possessing_party", "destination": after}],
    }
    return {name: value for name, value in ends.items() if value}


def wrong(event: Event, **changes: Any) -> Event:
    """The declaration that the event was an error: the same, and the declaration."""
    declared = {"declarationTime": stamp(1400), "reason": "did_not_occur"}
    body = {**event.body, "errorDeclaration": declared, **changes}
    return replace(event, body={name: value for name, value in body.items() if value is not None})


def said_by(party: str, event: Event) -> Event:
    """The same event by another speaker."""
    return replace(event, party=party)


def respelled(event: Event, way: int = 0) -> Event:
    """The same event in another spelling: identifiers, order of lists, zone of the time."""
    body = _respelled(deepcopy(event.body), way)
    hour, rest = int(body["eventTime"][11:13]), body["eventTime"][13:19]
    if hour < 22:
        body["eventTime"] = f"2026-03-01T{hour + 2:02}{rest}+02:00"
    return replace(event, body=body)


def _respelled(value: Any, way: int) -> Any:
    if isinstance(value, dict):
        return {name: _respelled(entry, way) for name, entry in reversed(value.items())}
    if isinstance(value, list):
        return [_respelled(entry, way) for entry in reversed(value)]
    if isinstance(value, str):
        forms = spellings(value)
        return forms[way % len(forms)]
    return value


def _lot(more: dict[str, Any]) -> dict[str, Any]:
    if "lot" in more:
        more["ilmd"] = {"cbvmda:lotNumber": more.pop("lot")}
    return more
