"""Rows of critical tracking events (21 CFR part 1 subpart S), read off events."""

import csv
import io
import random

import pytest

from tests.unit import lettuce
from tests.unit.lettuce import CASES, KITCHEN, PACKER, RAW, SALAD, element, known, told, whole
from tracehold.core.fsma204 import COLUMNS, Told, csv_bytes, harmless, rows
from tracehold.core.fsma204.described import Said

EVER = (-(10**18), 10**18)
HEARTS = CASES.rpartition("/10/")[0]


def cells(
    events: list[Told] | None = None, data: dict[str, list[Said]] | None = None
) -> list[dict[str, str]]:
    """The cells of all rows."""
    found = rows(whole() if events is None else events, known() if data is None else data, *EVER)
    return [dict(row.cells) for row in found]


def only(tracking: str, **more: object) -> dict[str, str]:
    """The one row of this kind."""
    (row,) = [row for row in cells(**more) if row["critical_tracking_event"] == tracking]  # type: ignore[arg-type]
    return row


def code(lot: str) -> str:
    """The traceability lot code, as people read it."""
    _, _, _, _, gtin, _, name = lot.split("/")
    return f"(01){gtin}(10){name}"


def test_each_critical_tracking_event_is_one_row():
    """The whole way in the order of time; packing onto a pallet and transport are none."""
    assert [(row["critical_tracking_event"], row["item"]) for row in cells()] == [
        ("harvesting", RAW),
        ("cooling", RAW),
        ("receiving", RAW),
        ("initial packing", CASES),
        ("shipping", CASES),
        ("receiving", CASES),
        ("transformation", SALAD),
    ]


def test_harvesting_tells_farm_field_and_next_recipient():
    """The recipient is said by the transport that follows, whose record the row names as well."""
    row = only("harvesting")
    assert row["harvest_location_description"].startswith("Sunny Farm, 1 Field Road, Salinas, CA 93901, US")
    assert row["growing_area"] == f"Field 7 (according to {PACKER})"
    assert row["ship_to_location_description"].startswith("Green Packers, ")
    assert (row["quantity"], row["unit_of_measure"]) == ("25000", "LBR")
    assert (row["event_date"], row["event_time"]) == ("2026-04-16", "2026-04-16T09:00:00-04:00")
    assert (row["reference_document_type"], row["missing"]) == ("prodorder", "")
    assert row["reference_document_number"] == "urn:epcglobal:cbv:bt:9521234000303:H-1"
    assert b"to packer".hex().ljust(64, "0") in row["also_rests_on"]


def test_packing_carries_what_harvest_cooling_and_arrival_told():
    """The packer keeps the elements of the farm, and gives the lot its code (1.1330)."""
    row = only("initial packing")
    assert row["traceability_lot_code"] == code(CASES)
    assert row["traceability_lot_code_source"].startswith("Green Packers, ")
    assert (row["harvest_date"], row["cooling_date"], row["received_date"]) == (
        "2026-04-16",
        "2026-04-16",
        "2026-04-17",
    )
    assert (row["input_traceability_lot_codes"], row["input_quantities"]) == (code(RAW), "25000 LBR")
    assert (row["product_description"], row["input_product_descriptions"]) == (
        "Romaine hearts, 24 count",
        "Romaine",
    )
    assert row["cfr_section"] == "21 CFR 1.1330"


def test_shipping_of_a_pallet_is_of_the_lot_inside():
    """The record names the pallet alone; code, amount and code source are the lot's."""
    row = only("shipping")
    assert (row["traceability_lot_code"], row["quantity"], row["unit_of_measure"]) == (
        code(CASES),
        "40",
        "CS",
    )
    assert row["ship_from_location_description"].startswith("Green Packers")
    assert row["ship_to_location_description"] == "Salad Kitchen, Reno"
    assert row["fingerprint"] == b"shipping".hex().ljust(64, "0")


def test_what_is_missing_names_the_issuer_of_the_record():
    """The receiver did not say from whom, and named no document: it owes both, and nobody else does."""
    row = [row for row in cells() if row["critical_tracking_event"] == "receiving"][-1]
    assert "location description of the immediate previous source" in row["missing"].split("; ")
    assert "reference document number" in row["missing"].split("; ")
    assert (row["owed_by"], row["issuer"]) == (KITCHEN, KITCHEN)
    assert "quantity" not in row["missing"].split("; ")


def test_a_place_without_a_phone_number_is_no_whole_description():
    """A location description has parts, and the rule asks for each (1.1310)."""
    missing = only("shipping")["missing"]
    assert "recipient (phone number, physical address, state, zip code or country)" in missing
    assert only("shipping")["owed_by"] == PACKER


def test_a_place_abroad_needs_no_state():
    """For places abroad comparable elements are asked, with the country."""
    abroad = element("Location", lettuce.KITCHEN_DOOR, name="Küche", streetAddressOne="Gasse 1", city="Wien",
                     postalCode="1010", countryCode="AT", telephone="1")  # fmt: skip
    data = known() | {lettuce.KITCHEN_DOOR: [lettuce.says(abroad, "a" * 64)]}
    assert only("shipping", data=data)["missing"] == ""


def test_transformation_names_each_lot_used_with_its_amount():
    """One row for the new lot; what is not described is missing and not made up."""
    row = only("transformation")
    assert row["input_traceability_lot_codes"] == f"{code(CASES)}; {code(lettuce.CARROTS)}"
    assert row["input_quantities"] == "40 CS; 12.5 KGM"
    assert (row["quantity"], row["unit_of_measure"]) == ("2000", "piece")
    assert row["input_product_descriptions"] == ""
    assert "product description of the food used" in row["missing"]


def test_landed_fish_is_first_land_based_receiving():
    """What tells it from a harvest is where and when it was caught (1.1335)."""
    ilmd = {
        "gs1:catchZone": ["21.4R"],
        "gs1:harvestDateStart": "2026-02-16",
        "gs1:harvestDateEnd": "2026-02-18",
        "gs1:fishType": "SWORDFISH",
    }
    payload = lettuce.event(
        "ObjectEvent", "2026-02-23T11:00:00", action="ADD", bizStep="creating_class_instance",
        quantityList=lettuce.some((RAW, 1000.0, "LBR")), ilmd=ilmd, **lettuce.at(lettuce.PACK_HOUSE),
    )  # fmt: skip
    (row,) = cells([told("landing", payload, PACKER, [RAW])], {})
    assert row["critical_tracking_event"] == "first land-based receiving"
    assert (row["harvest_date"], row["harvest_location_description"]) == ("2026-02-16 to 2026-02-18", "21.4R")
    assert row["product_description"] == "SWORDFISH"
    assert row["traceability_lot_code_source"] == lettuce.PACK_HOUSE


def test_a_lot_that_is_shipped_under_its_code_was_packed():
    """Without any word for it: a code is given at initial packing, and nobody harvested under that code."""
    begun = lettuce.event(
        "ObjectEvent", "2026-04-16T09:00:00", action="ADD", bizStep="commissioning",
        quantityList=lettuce.some((CASES, 1.0, "CS")),
    )  # fmt: skip
    sent = lettuce.seen("2026-04-17T09:00:00", "shipping", (CASES, 1.0, "CS"))
    alone = cells([told("begun", begun, PACKER, [CASES])], {})
    both = cells([told("begun", begun, PACKER, [CASES]), told("sent", sent, PACKER, [CASES])], {})
    assert [row["critical_tracking_event"] for row in alone] == ["initial packing"]
    assert [row["critical_tracking_event"] for row in both] == ["initial packing", "shipping"]


@pytest.mark.parametrize(
    ("step", "tracking"),
    [
        ("urn:gdst:bizStep:farmHarvest", "harvesting"),
        ("urn:gdst:bizStep:landing", "first land-based receiving"),
        ("https://example.org/steps#initial_packing", "initial packing"),
        ("https://example.org/steps/cooling", "cooling"),
    ],
)
def test_own_words_for_steps_are_read(step: str, tracking: str):
    """Vocabularies of their own say what EPCIS has no word for."""
    payload = lettuce.event(
        "ObjectEvent", "2026-04-16T09:00:00", action="ADD", bizStep=step,
        quantityList=lettuce.some((RAW, 1.0, "KGM")),
    )  # fmt: skip
    assert [row["critical_tracking_event"] for row in cells([told("x", payload, PACKER, [RAW])])] == [
        tracking
    ]


def test_pieces_are_counted_under_their_lot():
    """Serial numbers come to the lot of their ILMD, for a code is of a lot."""
    gtin = CASES.rpartition("/10/")[0]
    pieces = [f"{gtin}/21/{number}" for number in range(3)]
    begun = lettuce.event(
        "ObjectEvent", "2026-04-16T09:00:00", action="ADD", bizStep="commissioning", epcList=pieces,
        ilmd={"cbvmda:lotNumber": "L7"},
    )  # fmt: skip
    sent = lettuce.event(
        "ObjectEvent", "2026-04-17T09:00:00", action="OBSERVE", bizStep="shipping", epcList=pieces[:2]
    )
    found = cells([told("begun", begun, PACKER, pieces), told("sent", sent, PACKER, pieces[:2])])
    assert [(row["item"], row["quantity"], row["unit_of_measure"]) for row in found] == [
        (CASES, "3", "piece"),
        (CASES, "2", "piece"),
    ]


def test_goods_without_a_lot_have_no_code_and_that_is_missing():
    """A class alone is no traceability lot."""
    payload = lettuce.seen("2026-04-17T09:00:00", "shipping", (HEARTS, 1.0, "CS"))
    (row,) = cells([told("x", payload, PACKER, [HEARTS])])
    assert row["traceability_lot_code"] == ""
    assert row["missing"].startswith("traceability lot code; ")


def test_a_process_told_in_two_events_has_its_inputs():
    """Events with one transformation id are one process (EPCIS 2.0 section 7.4.6)."""
    run = {"transformationID": "urn:uuid:0198f0a0-0000-4000-8000-000000000001", "bizStep": "commissioning"}
    taken = {"inputQuantityList": lettuce.some((CASES, 4.0, "CS"))}
    given = {"outputQuantityList": lettuce.some((SALAD, 9.0, None))}
    first = lettuce.event("TransformationEvent", "2026-04-17T09:00:00", **taken, **run)
    then = lettuce.event("TransformationEvent", "2026-04-17T10:00:00", **given, **run)
    (row,) = cells([told("a", first, PACKER, [CASES]), told("b", then, PACKER, [SALAD])])
    assert (row["input_traceability_lot_codes"], row["input_quantities"]) == (code(CASES), "4 CS")
    assert b"a".hex().ljust(64, "0") in row["also_rests_on"].split("; ")


def test_only_events_between_the_dates_are_rows_and_others_still_count():
    """The code's source was said before the first day, and stands in the row all the same."""
    shipping = next(each.event.instant for each in whole() if each.fingerprint.startswith(b"shipping".hex()))
    (row,) = rows(whole(), known(), shipping, shipping)
    assert row.cells["critical_tracking_event"] == "shipping"
    assert row.cells["traceability_lot_code_source"].startswith("Green Packers")
    assert rows(whole(), known(), shipping + 1, shipping + 1) == []


def test_order_of_what_was_gathered_does_not_matter():
    """The same sheet, byte for byte, in whatever order answers came."""
    sheet = csv_bytes(COLUMNS, cells())
    for seed in range(5):
        events = whole()
        random.Random(seed).shuffle(events)
        assert csv_bytes(COLUMNS, cells(events)) == sheet


def test_sheet_is_rfc_4180():
    """Lines end in CR LF, and what holds commas, quotes or line ends comes back as it was."""
    cell = 'a "b", c\r\nd; Käse'
    raw = csv_bytes(["x", "y"], [{"x": cell, "y": ""}])
    assert raw == 'x,y\r\n"a ""b"", c\r\nd; Käse",\r\n'.encode()
    assert list(csv.reader(io.StringIO(raw.decode(), newline=""))) == [["x", "y"], [cell, ""]]


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", " =", "  @"])
def test_formula_injection_through_a_cell_is_text(lead: str):
    """A name that a spreadsheet program would run is handed over as text."""
    assert harmless(f'{lead}HYPERLINK("http://evil.example")').startswith("'")
    assert csv_bytes(["x"], [{"x": f"{lead}1"}]).decode().split("\r\n", 1)[1].lstrip('"').startswith("'")


@pytest.mark.parametrize("cell", ["", "a=b", "1-2", "x@y.example", "(01)1(10)=x", "'"])
def test_harmless_cells_stay_as_they_are(cell: str):
    """Only how a cell begins can make it a formula."""
    assert harmless(cell) == cell


def test_formula_injection_through_a_company_name_is_text():
    """Master data is what others say: it reaches the sheet as text."""
    evil = element("Location", lettuce.PACK_HOUSE, name="=cmd|'/C calc'!A0")
    data = known() | {lettuce.PACK_HOUSE: [lettuce.says(evil, "a" * 64)]}
    raw = csv_bytes(COLUMNS, cells(data=data)).decode()
    found = list(csv.DictReader(io.StringIO(raw, newline="")))
    assert any(row["ship_from_location_description"].startswith("'=cmd") for row in found)
    assert not any(cell.startswith("=") for row in found for cell in row.values())


def test_a_lone_surrogate_does_not_stop_the_sheet():
    """JSON can hold half a character; UTF-8 cannot."""
    assert csv_bytes(["x"], [{"x": "a\ud800"}]) == b"x\r\na?\r\n"
