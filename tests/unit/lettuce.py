"""A supply chain of lettuce and fish in the form that GS1 US recommends for the rule of the FDA: events, who
says them, and master data. Names and numbers are made up."""

import json
from collections.abc import Iterable
from typing import Any

from tracehold.core.epcis import Mode, parse_event, parse_masterdata
from tracehold.core.fsma204 import Amount, Told
from tracehold.core.fsma204.described import Said
from tracehold.core.speaker import Level, Speaker

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
MDA = "urn:epcglobal:cbv:mda#"


def checked(digits: str) -> str:
    """The digits with their check digit (GS1 General Specifications section 7.9)."""
    weighted = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(digits)))
    return f"{digits}{-weighted % 10}"


def lot(product: int, name: str) -> str:
    """A lot of product number `product`."""
    return f"https://id.gs1.org/01/{checked(f'0952123400{product:03}')}/10/{name}"


def gln(number: int) -> str:
    """A place."""
    return f"https://id.gs1.org/414/{checked(f'95212340{number:04}')}"


def party(number: int) -> str:
    """A company."""
    return f"https://id.gs1.org/417/{checked(f'95212340{number:04}')}"


PALLET = f"https://id.gs1.org/00/{checked('09521234000000001')}"
FARM, COOLER, PACKER, KITCHEN = (party(number) for number in (1, 2, 3, 4))
FARM_GATE, FIELD, COLD_ROOM, PACK_HOUSE, KITCHEN_DOOR = (gln(number) for number in (10, 11, 20, 30, 40))
RAW, CASES, CARROTS, SALAD = lot(1, "F7"), lot(2, "L7"), lot(3, "C1"), lot(4, "S1")


def event(kind: str, when: str, **fields: Any) -> bytes:
    """A payload; `when` on the clock of four hours west."""
    body = {
        "@context": [CONTEXT, {"gs1": "https://gs1.org/voc/"}],
        "type": kind,
        "eventTime": f"{when}-04:00",
        "eventTimeZoneOffset": "-04:00",
        **fields,
    }
    return json.dumps(body).encode()


def some(*parts: tuple[str, float, str | None]) -> list[dict[str, Any]]:
    """A quantity list."""
    return [{"epcClass": item, "quantity": much} | ({"uom": uom} if uom else {}) for item, much, uom in parts]


def at(place: str, **more: Any) -> dict[str, Any]:
    """Where it happens."""
    return {"readPoint": {"id": place}, "bizLocation": {"id": more.get("then", place)}}


def document(kind: str, number: str) -> dict[str, Any]:
    """A reference document."""
    name = f"urn:epcglobal:cbv:bt:9521234000303:{number}"
    return {"bizTransactionList": [{"type": kind, "bizTransaction": name}]}


def ends(source: str, destination: str, kind: str = "location") -> dict[str, Any]:
    """From where to where."""
    return {
        "sourceList": [{"type": kind, "source": source}],
        "destinationList": [{"type": kind, "destination": destination}],
    }


def seen(when: str, step: str, what: Any, **fields: Any) -> bytes:
    """A lot or a pallet that is looked at."""
    named = {"epcList": [what]} if isinstance(what, str) else {"quantityList": some(what)}
    return event("ObjectEvent", when, action="OBSERVE", bizStep=step, **named, **fields)


CHILL = {"sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 2.0, "uom": "CEL"}]}]}
WHOLE = (RAW, 25000.0, "LBR")

STORY: dict[str, tuple[str, bytes]] = {
    "harvest": (
        FARM,
        event(
            "ObjectEvent",
            "2026-04-16T09:00:00",
            action="ADD",
            bizStep="creating_class_instance",
            quantityList=some(WHOLE),
            **at(FARM_GATE, then=FIELD),
            **document("prodorder", "H-1"),
        ),
    ),
    "to packer": (FARM, seen("2026-04-16T11:00:00", "transporting", WHOLE, **ends(FARM_GATE, PACK_HOUSE))),
    "cooling": (
        COOLER,
        seen("2026-04-16T13:00:00", "other", WHOLE, **at(COLD_ROOM), **CHILL, **document("cert", "K-1")),
    ),
    "arrival": (PACKER, seen("2026-04-17T08:00:00", "receiving", WHOLE, **at(PACK_HOUSE))),
    "packing": (
        PACKER,
        event(
            "TransformationEvent",
            "2026-04-17T10:00:00",
            inputQuantityList=some(WHOLE),
            outputQuantityList=some((CASES, 500.0, "CS")),
            bizStep="creating_class_instance",
            **at(PACK_HOUSE),
            **document("prodorder", "P-1"),
        ),
    ),
    "pallet": (
        PACKER,
        event(
            "AggregationEvent",
            "2026-04-17T12:00:00",
            action="ADD",
            bizStep="packing",
            parentID=PALLET,
            childQuantityList=some((CASES, 40.0, "CS")),
        ),
    ),
    "shipping": (
        PACKER,
        seen(
            "2026-04-18T07:00:00",
            "shipping",
            PALLET,
            **at(PACK_HOUSE),
            **ends(PACK_HOUSE, KITCHEN_DOOR),
            **document("desadv", "D-1"),
        ),
    ),
    "receiving": (
        KITCHEN,
        seen("2026-04-18T23:30:00", "receiving", PALLET, **at(KITCHEN_DOOR)),
    ),
    "salad": (
        KITCHEN,
        event(
            "TransformationEvent",
            "2026-04-20T06:00:00",
            inputQuantityList=some((CASES, 40.0, "CS"), (CARROTS, 12.5, "KGM")),
            outputQuantityList=some((SALAD, 2000.0, None)),
            bizStep="creating_class_instance",
            **at(KITCHEN_DOOR),
            **document("prodorder", "S-1"),
        ),
    ),
}
"""What happened, in the order of time, and who says so."""

ADDRESS = {
    "name": "Green Packers",
    "streetAddressOne": "1 Field Road",
    "city": "Salinas",
    "state": "CA",
    "postalCode": "93901",
    "countryCode": "US",
    "telephone": "+1 831 555 0100",
}


def element(kind: str, id: str, **attributes: Any) -> bytes:
    """A payload of master data."""
    said = [{"id": MDA + name, "attribute": value} for name, value in attributes.items()]
    return json.dumps(
        {
            "@context": CONTEXT,
            "type": f"urn:epcglobal:epcis:vtype:{kind}",
            "element": {"id": id, "attributes": said},
        }
    ).encode()


MASTERDATA = {
    PACK_HOUSE: element("Location", PACK_HOUSE, **ADDRESS),
    KITCHEN_DOOR: element("Location", KITCHEN_DOOR, name="Salad Kitchen", city="Reno"),
    FARM_GATE: element("Location", FARM_GATE, **ADDRESS | {"name": "Sunny Farm"}),
    FIELD: element("Location", FIELD, name="Field 7"),
    RAW.rpartition("/10/")[0]: element("EPCClass", RAW.rpartition("/10/")[0], descriptionShort="Romaine"),
    CASES.rpartition("/10/")[0]: element(
        "EPCClass", CASES.rpartition("/10/")[0], descriptionShort="Romaine hearts", netContent="24 count"
    ),
}
"""By what it describes."""


def voice(party: str, operator: str = "https://id.gs1.org/417/9521000000001") -> Speaker:
    """A party that signs itself."""
    return Speaker(party, operator, Level.SIGNED_BY_PARTY)


def told(
    name: str,
    payload: bytes,
    issuer: str | Speaker,
    items: Iterable[str],
    held: tuple[Amount, ...] = (),
    flags: Iterable[str] = (),
) -> Told:
    """A statement about items; its fingerprint is made of `name`."""
    fingerprint = name.encode().hex().ljust(64, "0")
    event, speaker = parse_event(payload, Mode.TOLERANT), voice(issuer) if isinstance(issuer, str) else issuer
    return Told(event, fingerprint, speaker, True, "FINAL", frozenset(items), held, frozenset(flags))


def says(payload: bytes, fingerprint: str = "m" * 64, party: str = PACKER) -> Said:
    """Master data that a party says."""
    return Said(parse_masterdata(payload), fingerprint, voice(party))


def whole() -> list[Told]:
    """The whole story, followed from the cases up and down."""
    about = {
        "harvest": [RAW],
        "to packer": [RAW],
        "cooling": [RAW],
        "arrival": [RAW],
        "packing": [RAW, CASES],
        "salad": [CASES, CARROTS, SALAD],
    }
    held = (Amount(CASES, 40.0, "CS"),)
    return [
        told(
            name, payload, issuer, about.get(name, [CASES]), held if name in {"shipping", "receiving"} else ()
        )
        for name, (issuer, payload) in STORY.items()
    ]


def known() -> dict[str, list[Said]]:
    """The master data, all said by the packer."""
    return {id: [says(payload)] for id, payload in MASTERDATA.items()}
