"""The fields that events share, one function each, from parsed JSON to values of the model.
An optional one is read only where it is there."""

import math
import re
from typing import Any

from tracehold.core.epcis.model import (
    BizTransaction,
    ErrorDeclaration,
    Id,
    Objects,
    PersistentDisposition,
    QuantityElement,
    SourceDest,
)
from tracehold.core.epcis.reader import Reader, pointer
from tracehold.core.epcis.vocabulary import DISPOSITIONS, ERROR_REASONS, SOURCE_DEST_TYPES, TRANSACTION_TYPES

# Not what Python's float takes besides: underscores, other scripts' digits, spaces, infinity.
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_UOM = re.compile(r"[A-Z0-9]{2,3}", re.ASCII)
_QUANTITY = frozenset({"epcClass", "quantity", "uom"})
_TRANSACTION = frozenset({"type", "bizTransaction"})
_DECLARATION = frozenset({"declarationTime", "reason", "correctiveEventIDs"})


def objects(
    reader: Reader, raw: dict[str, Any], epcs: str, quantities: str, *, distinct: bool = False
) -> Objects:
    """The pieces and amounts of two lists. A piece named twice counts once; where the schema wants them
    `distinct`, twice the same text is sloppy."""
    named: dict[str, Id] = {}
    values = reader.array(raw.get(epcs), f"/{epcs}")
    for at, value in enumerate(values):
        path = f"/{epcs}/{at}"
        found = reader.attempt(reader.identifier, value, path)
        if found:
            _name_once(reader, named, found, path, distinct)
    elements = reader.array(raw.get(quantities), f"/{quantities}")
    amounts = reader.each(lambda value, path: _quantity(reader, value, path), elements, f"/{quantities}")
    return Objects(tuple(named.values()), tuple(amounts))


def _name_once(reader: Reader, named: dict[str, Id], found: Id, path: str, distinct: bool) -> None:
    earlier = named.setdefault(found.canonical, found)
    if earlier is found:
        return
    # The schema refuses the same text twice in some lists, and never sees two spellings of one key.
    report = reader.sloppy if distinct and earlier.original == found.original else reader.note
    report("EPCIS_FORM", path, "the same object is named twice")


def _quantity(reader: Reader, value: Any, path: str) -> QuantityElement | None:
    strange = next((name for name in reader.object(value, path) if name not in _QUANTITY), None)
    if strange is not None:
        # Refused in both modes: a misspelt amount would silently become "some".
        told = "a quantity element has epcClass, quantity and uom only"
        reader.refuse("EPCIS_FORM", pointer(path, strange), told)
    raw = reader.members(value, path, _QUANTITY)
    found = reader.identifier(reader.required(raw, "epcClass", path), f"{path}/epcClass")
    unit = raw.get("uom")
    if unit is not None and not _UOM.fullmatch(reader.text(unit, f"{path}/uom")):
        reader.sloppy("EPCIS_FORM", f"{path}/uom", "a unit is a UN/CEFACT Recommendation 20 code such as KGM")
    amount = _amount(reader, raw["quantity"], f"{path}/quantity") if "quantity" in raw else None
    return QuantityElement(found, amount, unit or None) if found else None


def _amount(reader: Reader, value: Any, path: str) -> float:
    number = decimal(reader, value, path)
    if not math.isfinite(number) or number < 0:
        reader.refuse("EPCIS_MEANING", path, "an amount is finite and not negative")
    return number


def decimal(reader: Reader, value: Any, path: str) -> float:
    """A number; one in quotes is sloppy. May be infinite where a quoted text is beyond any double."""
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            reader.refuse("EPCIS_FORM", path, f"{value[:40]!r} is no number")
        reader.sloppy("EPCIS_FORM", path, "an amount is a number, not a string")
        return float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        reader.refuse("EPCIS_FORM", path, "an amount is a number")
    try:
        return float(value)
    except OverflowError:
        return math.inf  # an integer of 309 digits may still be one step beyond any double


def parent(reader: Reader, raw: dict[str, Any]) -> Id | None:
    """The container or assembly; None where the event names none."""
    return reader.identifier(raw["parentID"], "/parentID") if raw.get("parentID") is not None else None


def place(reader: Reader, raw: dict[str, Any], name: str) -> Id | None:
    """readPoint or bizLocation: an object with an id; a bare text is taken too (sloppy)."""
    value = raw[name]
    if isinstance(value, str):
        reader.sloppy("EPCIS_FORM", f"/{name}", "a place is an object with an id")
        return reader.identifier(value, f"/{name}")
    named = reader.required(reader.object(value, f"/{name}"), "id", f"/{name}")
    return reader.identifier(named, f"/{name}/id")


def biz_transactions(reader: Reader, raw: dict[str, Any]) -> tuple[BizTransaction, ...]:
    """The business documents of the event."""
    values = reader.array(raw.get("bizTransactionList"), "/bizTransactionList")
    found = reader.each(
        lambda value, path: _biz_transaction(reader, value, path), values, "/bizTransactionList"
    )
    return tuple(found)


def _biz_transaction(reader: Reader, value: Any, path: str) -> BizTransaction | None:
    raw = reader.members(value, path, _TRANSACTION)
    name = reader.identifier(reader.required(raw, "bizTransaction", path), f"{path}/bizTransaction")
    kind = reader.term(raw["type"], f"{path}/type", TRANSACTION_TYPES) if "type" in raw else None
    return BizTransaction(kind, name) if name else None


def sources_or_destinations(
    reader: Reader, raw: dict[str, Any], name: str, key: str
) -> tuple[SourceDest, ...]:
    """One side of a transfer: each entry a type and an identifier under `key`."""

    def end(value: Any, path: str) -> SourceDest | None:
        members = reader.members(value, path, {"type", key})
        kind = reader.term(reader.required(members, "type", path), f"{path}/type", SOURCE_DEST_TYPES)
        named = reader.identifier(reader.required(members, key, path), f"{path}/{key}")
        return SourceDest(kind, named) if kind and named else None

    return tuple(reader.each(end, reader.array(raw.get(name), f"/{name}"), f"/{name}"))


def persistent_disposition(reader: Reader, raw: dict[str, Any]) -> PersistentDisposition:
    """The lasting conditions set and unset."""
    path = "/persistentDisposition"
    value = reader.members(raw["persistentDisposition"], path, {"set", "unset"})
    if not value.keys() & {"set", "unset"}:
        reader.sloppy("EPCIS_FORM", path, "it sets or unsets at least one condition")
    found = PersistentDisposition(
        _conditions(reader, value, "set", path), _conditions(reader, value, "unset", path)
    )
    for word in (word for word in found.set if word in found.unset):
        reader.note("EPCIS_MEANING", path, f"{word[:60]} is set and unset by one event")
    return found


def _conditions(reader: Reader, value: dict[str, Any], side: str, path: str) -> tuple[str, ...]:
    words = reader.array(value.get(side), f"{path}/{side}")
    if side in value and not words:
        reader.sloppy("EPCIS_FORM", f"{path}/{side}", "a list of conditions holds at least one")
    terms = reader.each(lambda word, at: reader.term(word, at, DISPOSITIONS), words, f"{path}/{side}")
    once = tuple(dict.fromkeys(terms))
    if len(once) < len(terms):
        reader.sloppy("EPCIS_FORM", f"{path}/{side}", "the same condition is named twice")
    return once


def certification_info(reader: Reader, raw: dict[str, Any]) -> tuple[str, ...]:
    """URIs of certificates: a single one or a list."""
    value = raw.get("certificationInfo")
    if isinstance(value, str):
        return tuple(filter(None, [reader.uri(value, "/certificationInfo")]))
    return tuple(reader.each(reader.uri, reader.array(value, "/certificationInfo"), "/certificationInfo"))


def error_declaration(reader: Reader, raw: dict[str, Any]) -> ErrorDeclaration:
    """The declaration that an earlier event did not happen so."""
    path = "/errorDeclaration"
    value = reader.members(raw["errorDeclaration"], path, _DECLARATION, extensible=True)
    if "declarationTime" not in value:
        reader.refuse("BAD_TIME", f"{path}/declarationTime", "a declaration says when it was made")
    reason = value.get("reason")
    ids = reader.array(value.get("correctiveEventIDs"), f"{path}/correctiveEventIDs")
    return ErrorDeclaration(
        time=reader.time(value["declarationTime"], f"{path}/declarationTime", "Z"),
        reason=reader.term(reason, f"{path}/reason", ERROR_REASONS) if reason is not None else None,
        corrective_ids=tuple(reader.each(reader.uri, ids, f"{path}/correctiveEventIDs")),
        extensions={name: kept for name, kept in value.items() if name not in _DECLARATION},
    )
