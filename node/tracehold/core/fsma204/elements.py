"""The columns of the sheet, and which of them the rule asks of which critical tracking event."""

from tracehold.core.fsma204.tracking import Tracking

COLUMNS = (
    "critical_tracking_event",
    "cfr_section",
    "event_date",
    "event_time",
    "traceability_lot_code",
    "traceability_lot_code_source",
    "product_description",
    "quantity",
    "unit_of_measure",
    "location_description",
    "ship_from_location_description",
    "ship_to_location_description",
    "harvest_location_description",
    "growing_area",
    "harvester",
    "harvest_date",
    "cooling_location_description",
    "cooling_date",
    "received_date",
    "input_traceability_lot_codes",
    "input_product_descriptions",
    "input_quantities",
    "reference_document_type",
    "reference_document_number",
    "missing",
    "owed_by",
    "issuer",
    "operator",
    "speaker_level",
    "flags",
    "item",
    "biz_step",
    "event_id",
    "verified",
    "state",
    "fingerprint",
    "also_rests_on",
)
"""In this order in every sheet."""

_DOCUMENT = {
    "reference_document_type": "reference document type",
    "reference_document_number": "reference document number",
}
_AMOUNT = {"quantity": "quantity", "unit_of_measure": "unit of measure"}
_LOT = {"traceability_lot_code": "traceability lot code"}
_PRODUCT = {"product_description": "product description"}
_SOURCE = {"traceability_lot_code_source": "traceability lot code source"}
_FARM = {"harvest_location_description": "location description of the farm"}
_NEXT = {"ship_to_location_description": "location description of the immediate subsequent recipient"}

REQUIRED: dict[Tracking, dict[str, str]] = {
    Tracking.HARVESTING: {
        **_NEXT,
        "product_description": "commodity and variety",
        **_AMOUNT,
        **_FARM,
        "growing_area": "name of the field or growing area",
        **_DOCUMENT,
    },
    Tracking.COOLING: {
        **_NEXT,
        "product_description": "commodity and variety",
        **_AMOUNT,
        "cooling_location_description": "location description of the cooling",
        **_FARM,
        **_DOCUMENT,
    },
    Tracking.INITIAL_PACKING: {
        "input_product_descriptions": "commodity and variety received",
        "received_date": "date received",
        "input_quantities": "quantity received",
        **_FARM,
        "growing_area": "name of the field or growing area",
        "harvester": "business name of the harvester",
        "harvest_date": "date of harvesting",
        **_LOT,
        **_PRODUCT,
        **_AMOUNT,
        **_SOURCE,
        **_DOCUMENT,
    },
    Tracking.LANDING: {
        **_LOT,
        "product_description": "species or acceptable market name",
        **_AMOUNT,
        "harvest_date": "harvest date range",
        "harvest_location_description": "harvest locations",
        **_SOURCE,
        **_DOCUMENT,
    },
    Tracking.SHIPPING: {
        **_LOT,
        **_AMOUNT,
        **_PRODUCT,
        **_NEXT,
        "ship_from_location_description": "location description of where it was shipped from",
        **_SOURCE,
        **_DOCUMENT,
    },
    Tracking.RECEIVING: {
        **_LOT,
        **_AMOUNT,
        **_PRODUCT,
        "ship_from_location_description": "location description of the immediate previous source",
        "ship_to_location_description": "location description of where it was received",
        **_SOURCE,
        **_DOCUMENT,
    },
    Tracking.TRANSFORMATION: {
        "input_traceability_lot_codes": "traceability lot codes of the food used",
        "input_product_descriptions": "product description of the food used",
        "input_quantities": "quantity used of each lot",
        **_LOT,
        **_SOURCE,
        **_PRODUCT,
        **_AMOUNT,
        **_DOCUMENT,
    },
}
"""What each event's records must hold (21 CFR 1.1325 to 1.1350), by column, in the rule's order and words.
The date of the event is asked for too, and is always there."""
