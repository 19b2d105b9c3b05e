"""Sensor readings (EPCIS 2.0 section 7.3.7): what was measured, by which device, when.

A reading decides nothing in lineage and is shown as it was sent; faults that the schema sees are sloppy here,
not
refused, but for links that run code and for texts where an object or a list must stand.
"""

import re
from typing import Any

from tracehold.core.epcis.fields import decimal
from tracehold.core.epcis.model import SensorElement, SensorMetadata, SensorReport
from tracehold.core.epcis.reader import Reader
from tracehold.core.epcis.vocabulary import ALERTS, COMPONENTS, MEASUREMENTS, Vocabulary

_HEX = re.compile(r"[0-9A-Fa-f]+", re.ASCII)
_ELEMENT = frozenset({"sensorMetadata", "sensorReport"})
_METADATA_TIMES = ("time", "startTime", "endTime")
_METADATA_URIS = ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules")
_REPORT_URIS = (
    *_METADATA_URIS,
    "microorganism",
    "chemicalSubstance",
    "coordinateReferenceSystem",
    "uriValue",
)
_REPORT_NUMBERS = ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")
_METADATA = frozenset((*_METADATA_TIMES, *_METADATA_URIS))
_VALUES = (*_REPORT_NUMBERS, "stringValue", "booleanValue", "hexBinaryValue", "uriValue")
_REPORT = frozenset((*_REPORT_URIS, *_VALUES, "type", "exception", "time", "component", "uom"))


def sensor_elements(reader: Reader, raw: dict[str, Any]) -> tuple[SensorElement, ...]:
    """The sensor readings of an event."""
    values = reader.array(raw.get("sensorElementList"), "/sensorElementList")
    return tuple(reader.each(lambda value, path: _element(reader, value, path), values, "/sensorElementList"))


def _element(reader: Reader, value: Any, path: str) -> SensorElement:
    raw = reader.members(value, path, _ELEMENT, extensible=True)
    reports = reader.array(raw.get("sensorReport"), f"{path}/sensorReport")
    if not reports:
        reader.sloppy("EPCIS_FORM", f"{path}/sensorReport", "a sensor element holds at least one report")
    metadata = raw.get("sensorMetadata")
    return SensorElement(
        None if metadata is None else _metadata(reader, metadata, f"{path}/sensorMetadata"),
        tuple(reader.each(lambda report, at: _report(reader, report, at), reports, f"{path}/sensorReport")),
        _rest(raw, _ELEMENT),
    )


def _metadata(reader: Reader, value: Any, path: str) -> SensorMetadata:
    raw = reader.members(value, path, _METADATA, extensible=True)
    times = {name: _time(reader, raw[name], f"{path}/{name}") for name in _METADATA_TIMES if name in raw}
    start, end = times.get("startTime"), times.get("endTime")
    if start is not None and end is not None and start > end:
        reader.note("EPCIS_MEANING", f"{path}/endTime", "the measuring ends before it starts")
    return SensorMetadata(
        times.get("time"), start, end, _uris(reader, raw, path, _METADATA_URIS), _rest(raw, _METADATA)
    )


def _report(reader: Reader, value: Any, path: str) -> SensorReport:
    raw = reader.members(value, path, _REPORT, extensible=True)
    if "type" not in raw:
        reader.sloppy("EPCIS_FORM", f"{path}/type", "a report says what was measured")
    if "microorganism" in raw and "chemicalSubstance" in raw:
        reader.note(
            "EPCIS_MEANING", f"{path}/chemicalSubstance", "one report is of a substance or of an organism"
        )
    return SensorReport(
        type=_term(reader, raw, "type", path, MEASUREMENTS),
        exception=_term(reader, raw, "exception", path, ALERTS),
        component=_term(reader, raw, "component", path, COMPONENTS),
        time=_time(reader, raw["time"], f"{path}/time") if "time" in raw else None,
        uom=_text(reader, raw, "uom", path),
        values=_values(reader, raw, path),
        uris=_uris(reader, raw, path, _REPORT_URIS),
        extensions=_rest(raw, _REPORT),
    )


def _values(reader: Reader, raw: dict[str, Any], path: str) -> dict[str, Any]:
    """What was measured, by the names of the standard, as sent."""
    for name in _REPORT_NUMBERS:
        if name in raw:
            reader.bearable(decimal, reader, raw[name], f"{path}/{name}")
    _text(reader, raw, "stringValue", path)
    hexadecimal = _text(reader, raw, "hexBinaryValue", path)
    if hexadecimal is not None and not _HEX.fullmatch(hexadecimal):
        reader.sloppy("EPCIS_FORM", f"{path}/hexBinaryValue", "these are no hexadecimal digits")
    if "booleanValue" in raw and not isinstance(raw["booleanValue"], bool):
        reader.sloppy("EPCIS_FORM", f"{path}/booleanValue", "true or false is expected")
    return {name: raw[name] for name in _VALUES if name in raw}


def _text(reader: Reader, raw: dict[str, Any], name: str, path: str) -> str | None:
    value = raw.get(name)
    if value is None or isinstance(value, str):
        return value
    reader.sloppy("EPCIS_FORM", f"{path}/{name}", "a string is expected")
    return None


def _time(reader: Reader, value: Any, path: str) -> int | None:
    return reader.bearable(reader.time, value, path, "Z")


def _term(reader: Reader, raw: dict[str, Any], name: str, path: str, standard: Vocabulary) -> str | None:
    if name not in raw:
        return None
    found = reader.bearable(reader.term, raw[name], f"{path}/{name}", standard)
    unknown = raw[name] if isinstance(raw[name], str) else None
    return found or unknown or None  # an unknown word is kept as sent


def _uris(reader: Reader, raw: dict[str, Any], path: str, names: tuple[str, ...]) -> dict[str, str]:
    found = {name: reader.uri(raw[name], f"{path}/{name}") for name in names if name in raw}
    return {name: uri for name, uri in found.items() if uri is not None}


def _rest(raw: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if name not in known}
