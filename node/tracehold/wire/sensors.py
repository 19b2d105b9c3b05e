"""Sensor elements of typed events in EPCIS JSON-LD."""

from collections.abc import Iterable
from typing import Any

from tracehold.v1 import event_pb2 as pb
from tracehold.wire.event_parts import Members, finite, time_text, without_empty

_NUMBERS = {
    "value": "value",
    "min_value": "minValue",
    "max_value": "maxValue",
    "mean_value": "meanValue",
    "s_dev": "sDev",
    "perc_rank": "percRank",
    "perc_value": "percValue",
}


def sensor_elements(elements: Iterable[pb.SensorElement], path: str) -> list[Members]:
    """The list of sensor elements. Raises BAD_TIME, and BAD_REQUEST for numbers that JSON has not."""
    return [_element(element, f"{path}/{index}") for index, element in enumerate(elements)]


def _element(element: pb.SensorElement, path: str) -> Members:
    reports = [
        _report(report, f"{path}/sensorReports/{index}")
        for index, report in enumerate(element.sensor_reports)
    ]
    metadata = _metadata(element.sensor_metadata, f"{path}/sensorMetadata")
    return without_empty({"sensorMetadata": metadata, "sensorReport": reports})


def _metadata(metadata: pb.SensorMetadata, path: str) -> Members:
    return without_empty(
        {
            "time": time_text(metadata, "time", path),
            "startTime": time_text(metadata, "start_time", path),
            "endTime": time_text(metadata, "end_time", path),
            "deviceID": metadata.device_id,
            "deviceMetadata": metadata.device_metadata,
            "rawData": metadata.raw_data,
            "dataProcessingMethod": metadata.data_processing_method,
            "bizRules": metadata.biz_rules,
        }
    )


def _report(report: pb.SensorReport, path: str) -> Members:
    texts = without_empty(
        {
            "type": report.type,
            "uom": report.uom,
            "stringValue": report.string_value,
            "hexBinaryValue": report.hex_binary_value,
            "uriValue": report.uri_value,
            "component": report.component,
            "chemicalSubstance": report.chemical_substance,
            "microorganism": report.microorganism,
            "time": time_text(report, "time", path),
            "deviceID": report.device_id,
            "exception": report.exception,
        }
    )
    return texts | _numbers(report, path) | _booleans(report)


def _numbers(report: Any, path: str) -> Members:
    return {
        name: finite(getattr(report, field), f"{path}/{name}")
        for field, name in _NUMBERS.items()
        if report.HasField(field)
    }


def _booleans(report: pb.SensorReport) -> Members:
    return {"booleanValue": report.boolean_value} if report.HasField("boolean_value") else {}
