"""The fields that events share, one function each, from parsed JSON to values of the model."""

import math
import re
from typing import Any

from tracehold.core.epcis.model import (
    BizTransaction,
    ErrorDeclaration,
    EventType,
    Id,
    Objects,
    PersistentDisposition,
    QuantityElement,
    SourceDest,
)
from tracehold.core.epcis.reader import Reader, pointer
from tracehold.core.epcis.vocabulary import DISPOSITIONS, ERROR_REASONS, SOURCE_DEST_TYPES, TRANSACTION_TYPES

_UOM = re.compile(r"[A-Z0-9]{2,3}")
_COMMON = frozenset(
    """
    @context type eventTime recordTime eventTimeZoneOffset eventID certificationInfo errorDeclaration bizStep
    disposition persistentDisposition readPoint bizLocation bizTransactionList sourceList destinationList
    sensorElementList
    """.split()  # noqa: SIM905
)
_KNOWN = {
    EventType.OBJECT: _COMMON | {"action", "epcList", "quantityList", "ilmd"},
    EventType.AGGREGATION: _COMMON | {"action", "parentID", "childEPCs", "childQuantityList", "ilmd"},
    EventType.TRANSACTION: _COMMON | {"action", "parentID", "epcList", "quantityList", "ilmd"},
    EventType.ASSOCIATION: _COMMON | {"action", "parentID", "childEPCs", "childQuantityList", "ilmd"},
    EventType.TRANSFORMATION: _COMMON
    | {
        "inputEPCList",
        "inputQuantityList",
        "outputEPCList",
        "outputQuantityList",
        "transformationID",
        "ilmd",
    },
}
_SENSOR_URIS = (
    "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules", "microorganism",
    "chemicalSubstance", "coordinateReferenceSystem", "uriValue",
)  # fmt: skip


def objects(reader: Reader, raw: dict[str, Any], epcs: str, quantities: str) -> Objects:
    """The pieces and amounts of two lists. A piece named twice counts once (sloppy)."""
    named: dict[str, Id] = {}
    for at, value in enumerate(reader.array(raw.get(epcs), f"/{epcs}")):
        path = f"/{epcs}/{at}"
        found = reader.identifier(value, path)
        if found:
            _name_once(reader, named, found, path)
    elements = reader.array(raw.get(quantities), f"/{quantities}")
    amounts = (_quantity(reader, value, f"/{quantities}/{at}") for at, value in enumerate(elements))
    return Objects(tuple(named.values()), tuple(filter(None, amounts)))


def _name_once(reader: Reader, named: dict[str, Id], found: Id, path: str) -> None:
    earlier = named.setdefault(found.canonical, found)
    if earlier is found:
        return
    # The schema refuses the same text twice, and does not see two spellings of one key.
    report = reader.sloppy if earlier.original == found.original else reader.note
    report("EPCIS_FORM", path, "the same object is named twice")


def _quantity(reader: Reader, value: Any, path: str) -> QuantityElement | None:
    raw = reader.object(value, path)
    for name in raw.keys() - {"epcClass", "quantity", "uom"}:
        # Refused in both modes: a misspelt amount would silently become "some".
        reader.refuse(
            "EPCIS_FORM", pointer(path, name), "a quantity element has epcClass, quantity and uom only"
        )
    if "epcClass" not in raw:
        reader.refuse("EPCIS_FORM", f"{path}/epcClass", "an amount is of a class or lot")
    found = reader.identifier(raw["epcClass"], f"{path}/epcClass")
    unit = raw.get("uom")
    if unit is not None and not _UOM.fullmatch(reader.text(unit, f"{path}/uom")):
        reader.sloppy("EPCIS_FORM", f"{path}/uom", "a unit is a UN/CEFACT Recommendation 20 code such as KGM")
    amount = _amount(reader, raw["quantity"], f"{path}/quantity") if "quantity" in raw else None
    return QuantityElement(found, amount, unit or None) if found else None


def _amount(reader: Reader, value: Any, path: str) -> float:
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            reader.refuse("EPCIS_FORM", path, f"{value[:40]!r} is no number")
        reader.sloppy("EPCIS_FORM", path, "an amount is a number, not a string")
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        reader.refuse("EPCIS_FORM", path, "an amount is a number")
    else:
        number = float(value)
    if not math.isfinite(number) or number < 0:
        reader.refuse("EPCIS_MEANING", path, "an amount is finite and not negative")
    return number


def parent(reader: Reader, raw: dict[str, Any]) -> Id | None:
    """The container or assembly; None where the event names none."""
    return reader.identifier(raw["parentID"], "/parentID") if raw.get("parentID") is not None else None


def place(reader: Reader, raw: dict[str, Any], name: str) -> Id | None:
    """readPoint or bizLocation: an object with an id; a bare text is taken too (sloppy)."""
    value = raw.get(name)
    if value is None:
        return None
    if isinstance(value, str):
        reader.sloppy("EPCIS_FORM", f"/{name}", "a place is an object with an id")
        return reader.identifier(value, f"/{name}")
    if "id" not in reader.object(value, f"/{name}"):
        reader.refuse("EPCIS_FORM", f"/{name}/id", "a place has an id")
    return reader.identifier(value["id"], f"/{name}/id")


def biz_transactions(reader: Reader, raw: dict[str, Any]) -> tuple[BizTransaction, ...]:
    """The business documents of the event."""
    found = []
    for at, value in enumerate(reader.array(raw.get("bizTransactionList"), "/bizTransactionList")):
        path = f"/bizTransactionList/{at}"
        kind = reader.object(value, path).get("type")
        name = reader.identifier(value.get("bizTransaction"), f"{path}/bizTransaction")
        term = reader.term(kind, f"{path}/type", TRANSACTION_TYPES) if kind is not None else None
        if name:
            found.append(BizTransaction(term, name))
    return tuple(found)


def sources_or_destinations(
    reader: Reader, raw: dict[str, Any], name: str, key: str
) -> tuple[SourceDest, ...]:
    """One side of a transfer: each entry a type and an identifier under `key`."""
    found = []
    for at, value in enumerate(reader.array(raw.get(name), f"/{name}")):
        path = f"/{name}/{at}"
        kind = reader.term(reader.object(value, path).get("type"), f"{path}/type", SOURCE_DEST_TYPES)
        end = reader.identifier(value.get(key), f"{path}/{key}")
        if kind and end:
            found.append(SourceDest(kind, end))
    return tuple(found)


def persistent_disposition(reader: Reader, raw: dict[str, Any]) -> PersistentDisposition | None:
    """The lasting conditions set and unset."""
    if raw.get("persistentDisposition") is None:
        return None
    path = "/persistentDisposition"
    value = reader.object(raw["persistentDisposition"], path)
    sides = []
    for side in ("set", "unset"):
        words = reader.array(value.get(side), f"{path}/{side}")
        terms = (reader.term(word, f"{path}/{side}/{at}", DISPOSITIONS) for at, word in enumerate(words))
        sides.append(tuple(filter(None, terms)))
    return PersistentDisposition(*sides)


def certification_info(reader: Reader, raw: dict[str, Any]) -> tuple[str, ...]:
    """URIs of certificates: a single one or a list."""
    value = raw.get("certificationInfo")
    values = [value] if isinstance(value, str) else reader.array(value, "/certificationInfo")
    uris = (reader.uri(uri, f"/certificationInfo/{at}") for at, uri in enumerate(values))
    return tuple(filter(None, uris))


def error_declaration(reader: Reader, raw: dict[str, Any]) -> ErrorDeclaration | None:
    """The declaration that an earlier event did not happen so."""
    if raw.get("errorDeclaration") is None:
        return None
    path = "/errorDeclaration"
    value = reader.object(raw["errorDeclaration"], path)
    if "declarationTime" not in value:
        reader.refuse("BAD_TIME", f"{path}/declarationTime", "a declaration says when it was made")
    reason = value.get("reason")
    ids = enumerate(reader.array(value.get("correctiveEventIDs"), f"{path}/correctiveEventIDs"))
    own = {"declarationTime", "reason", "correctiveEventIDs"}
    return ErrorDeclaration(
        time=reader.time(value["declarationTime"], f"{path}/declarationTime", "Z"),
        reason=reader.term(reason, f"{path}/reason", ERROR_REASONS) if reason is not None else None,
        corrective_ids=tuple(
            filter(None, (reader.uri(uri, f"{path}/correctiveEventIDs/{at}") for at, uri in ids))
        ),
        extensions={name: kept for name, kept in value.items() if name not in own},
    )


def sensor_elements(reader: Reader, raw: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Sensor readings as parsed JSON. Only their links are looked at: none may be a script."""
    elements = reader.array(raw.get("sensorElementList"), "/sensorElementList")
    for at, value in enumerate(elements):
        path = f"/sensorElementList/{at}"
        element = reader.object(value, path)
        reports = reader.array(element.get("sensorReport"), f"{path}/sensorReport")
        _check_links(reader, element.get("sensorMetadata"), f"{path}/sensorMetadata")
        for number, report in enumerate(reports):
            _check_links(reader, report, f"{path}/sensorReport/{number}")
    return tuple(elements)


def _check_links(reader: Reader, value: Any, path: str) -> None:
    if value is None:
        return
    raw = reader.object(value, path)
    for name in _SENSOR_URIS:
        if name in raw:
            reader.uri(raw[name], f"{path}/{name}")


def extensions(reader: Reader, raw: dict[str, Any], kind: EventType) -> dict[str, Any]:
    """What the standard does not name, kept as parsed. A name without a namespace is sloppy."""
    if raw.keys() <= _KNOWN[kind]:
        return {}
    kept = {name: value for name, value in raw.items() if name not in _KNOWN[kind]}
    check_names(reader, kept, "")
    return kept


def check_names(reader: Reader, members: dict[str, Any], path: str) -> None:
    """Extension names carry a namespace: `prefix:name`, a URI, or `{namespace}name`."""
    for name in members:
        if ":" not in name and not name.startswith("@"):
            reader.sloppy("EPCIS_FORM", pointer(path, name), "an extension field needs a namespace")
