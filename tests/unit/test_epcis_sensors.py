"""Sensor readings: every field of the standard, typed; faults told and never in the way."""

import pytest

from bench.event_seeds import event
from tests.unit.epcis_samples import payload
from tracehold.core.epcis import Mode, SensorElement, SensorReport, parse_event
from tracehold.core.errors import Rejected


def elements(*values, mode: Mode = Mode.TOLERANT) -> tuple[SensorElement, ...]:
    """The sensor elements of an event that holds these."""
    return parse_event(payload(sensorElementList=list(values)), mode).sensor_elements


def report(mode: Mode = Mode.TOLERANT, **fields) -> SensorReport:
    """One report as read."""
    return elements({"sensorReport": [fields]}, mode=mode)[0].reports[0]


def test_all_fields_are_read():
    """What the full event of the benchmarks says, field by field."""
    [element] = elements(*event("ObjectEvent")["sensorElementList"], mode=Mode.STRICT)
    metadata, [warm, angle, swab, mass] = element.metadata, element.reports
    assert element.extensions == {"ex:n": 1}
    assert metadata is not None
    assert metadata.time is not None
    assert metadata.start is not None
    assert (metadata.time - metadata.start, metadata.end) == (3_600_000_000, metadata.time)
    assert set(metadata.uris) == {"deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"}
    assert metadata.extensions == {"ex:placed": "top"}
    assert (warm.type, warm.exception, warm.uom, warm.time) == (
        "Temperature",
        "ALARM_CONDITION",
        "CEL",
        metadata.time,
    )
    assert set(warm.values) == {"value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"}
    assert (angle.type, angle.component, angle.values) == ("Angle", "latitude", {"stringValue": "60.1"})
    assert angle.uris == {"coordinateReferenceSystem": "urn:x:crs"}
    assert (swab.type, swab.component) == ("ex:Swab", "x")
    assert swab.values == {"booleanValue": True, "hexBinaryValue": "0fA0", "uriValue": "urn:x:result"}
    assert swab.extensions == {"ex:by": "lab"}
    assert mass.uris == {"chemicalSubstance": "https://example.com/inchikey/A"}


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "Warmth"},
        {"type": 7},
        {"value": 4},
        {"type": "Temperature", "value": "warm"},
        {"type": "Temperature", "value": [4]},
        {"type": "Temperature", "value": True},
        {"type": "Temperature", "time": "noon"},
        {"type": "Temperature", "uom": 7},
        {"type": "Temperature", "stringValue": 7},
        {"type": "Temperature", "booleanValue": "yes"},
        {"type": "Temperature", "hexBinaryValue": "xyz"},
        {"type": "Temperature", "component": "sideways"},
        {"type": "Temperature", "exception": "TOO_WARM"},
        {"type": "Temperature", "deviceID": ""},
        {"type": "Temperature", "deviceID": None},
    ],
)
def test_a_faulty_reading_refuses_its_event_in_strict_mode_only(fields):
    """A reading decides nothing: real data has odd ones, and the goods moved all the same."""
    assert (
        len(parse_event(payload(sensorElementList=[{"sensorReport": [fields]}]), Mode.TOLERANT).findings) == 1
    )
    with pytest.raises(Rejected, match=r"EPCIS_FORM|BAD_TIME|BAD_URI"):
        report(Mode.STRICT, **fields)


def test_what_a_faulty_reading_is_read_as():
    """Unknown words and values stay as sent, what cannot be read is absent."""
    found = report(type="Warmth", value="warm", time="noon", uom=7)
    assert (found.type, found.values, found.time, found.uom) == ("Warmth", {"value": "warm"}, None, None)


@pytest.mark.parametrize(
    "name", ["type", "exception", "component", "deviceID", "uriValue", "chemicalSubstance"]
)
@pytest.mark.parametrize("mode", Mode)
def test_attack_script_in_a_reading(name, mode):
    """A page may link each of these."""
    with pytest.raises(Rejected, match="BAD_URI"):
        report(mode, **{"type": "Temperature", name: "javascript:alert(1)"})


@pytest.mark.parametrize("mode", Mode)
def test_an_integer_beyond_any_double(mode):
    """309 digits pass the JSON reader and fit no double: no crash, an amount that is not finite."""
    with pytest.raises(Rejected, match="EPCIS_MEANING"):
        parse_event(payload(quantityList=[{"epcClass": "urn:x:1", "quantity": 9 * 10**308}]), mode)
    assert report(mode, type="Count", value=9 * 10**308).values == {"value": 9 * 10**308}
