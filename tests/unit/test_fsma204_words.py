"""Whose words and amounts stand in the sheet, and what is said of a row."""

from dataclasses import replace

import pytest

from tests.unit import lettuce
from tests.unit.lettuce import (
    ADDRESS,
    CASES,
    FARM,
    KITCHEN,
    PACK_HOUSE,
    PACKER,
    PALLET,
    element,
    known,
    says,
    told,
)
from tracehold.core.fsma204 import Amount, Told, rows
from tracehold.core.fsma204.described import Said
from tracehold.core.speaker import Level, Speaker

STRANGER = lettuce.party(99)
SHIPPING = lettuce.STORY["shipping"][1]
HEARTS = CASES.rpartition("/10/")[0]


def row(told: Told, data: dict[str, list[Said]] | None = None) -> dict[str, str]:
    """The one row of an event."""
    (found,) = rows([told], known() if data is None else data, -(10**18), 10**18)
    return dict(found.cells)


def shipped(held: tuple[Amount, ...] = (), speaker: str | Speaker = PACKER, **more: object) -> Told:
    """The shipping of the pallet."""
    return told("shipping", SHIPPING, speaker, [CASES], held, **more)  # type: ignore[arg-type]


def test_attack_a_stranger_describes_a_place_after_its_keeper():
    """The newest word is not taken for it; that of who tells the event is."""
    evil = says(element("Location", PACK_HOUSE, name="Somebody Else"), "e" * 64, STRANGER)
    found = row(shipped(), known() | {PACK_HOUSE: [*known()[PACK_HOUSE], evil]})
    assert found["ship_from_location_description"].startswith("Green Packers, 1 Field Road")
    assert "e" * 64 not in found["also_rests_on"]


@pytest.mark.parametrize("id", [PACK_HOUSE, HEARTS, CASES])
def test_attack_the_only_word_about_it_is_a_strangers(id: str):
    """It stands there as the stranger's word."""
    kind = "Location" if id == PACK_HOUSE else "EPCClass"
    evil = says(element(kind, id, name="Somebody Else", descriptionShort="Poison"), "e" * 64, STRANGER)
    found = row(shipped(), {id: [evil]})
    column = "ship_from_location_description" if id == PACK_HOUSE else "product_description"
    assert found[column].endswith(f" (according to {STRANGER})")
    assert "e" * 64 in found["also_rests_on"]


def test_attack_a_stranger_tells_an_event_of_the_lot_and_describes_its_place():
    """Its word reaches rows of others as its word only."""
    evil = says(element("Location", PACK_HOUSE, name="Somebody Else"), "e" * 64, STRANGER)
    forged = lettuce.event(
        "ObjectEvent", "2026-01-01T07:00:00", action="ADD", bizStep="urn:x:step:initial_packing",
        quantityList=lettuce.some((CASES, 1.0, "CS")), **lettuce.at(PACK_HOUSE),
    )  # fmt: skip
    forgery = told("forged", forged, STRANGER, [CASES])
    found = rows([forgery, shipped()], {PACK_HOUSE: [evil]}, -(10**18), 10**18)[-1].cells
    assert found["traceability_lot_code_source"] == f"Somebody Else (according to {STRANGER})"


def test_a_party_is_described_by_itself():
    """Its own word is its name, whoever else speaks of it later."""
    attributes = ADDRESS | {"organizationName": "Farm Ltd", "name": ""}
    own = says(element("Party", FARM, **attributes), "f" * 64, FARM)
    evil = says(element("Party", FARM, name="Never Buy Inc"), "e" * 64, STRANGER)
    payload = lettuce.seen("2026-04-16T09:00:00", "urn:x:step:harvesting", lettuce.WHOLE)
    found = row(told("harvest", payload, FARM, [lettuce.RAW]), {FARM: [own, evil]})
    assert found["harvester"].startswith("Farm Ltd, 1 Field Road")
    assert found["harvester"].endswith("+1 831 555 0100")


def test_a_lot_whose_amount_nobody_said_has_none():
    """It is missing, and owed by who says that it was shipped; nothing is made up."""
    for held in ((), (Amount(CASES, None, ""),), (Amount(CASES, 40.0, "CS"), Amount(CASES, None, ""))):
        found = row(shipped(held))
        assert (found["quantity"], found["unit_of_measure"], found["owed_by"]) == ("", "", PACKER)
        assert {"quantity", "unit of measure"} <= set(found["missing"].split("; "))


def test_a_lot_named_like_a_piece_is_not_one_piece():
    """A name in the list of pieces does not say how much of a lot it is."""
    found = row(told("sent", lettuce.seen("2026-04-17T09:00:00", "shipping", CASES), PACKER, [CASES]))
    assert (found["quantity"], found["unit_of_measure"]) == ("", "")


def test_amounts_of_all_containers_are_one_sum():
    """Forty on one pallet and sixty on another are a hundred."""
    found = row(shipped((Amount(CASES, 40.0, "CS"), Amount(CASES, 60.0, "CS"))))
    assert (found["quantity"], found["unit_of_measure"]) == ("100", "CS")


def test_flags_and_who_vouches_stand_in_the_row():
    """A row that others dispute, or of a stolen key, does not look like any other."""
    speaker = Speaker(PACKER, KITCHEN, Level.DELEGATED_ASSERTED, suspect=True)
    found = row(shipped(speaker=speaker, flags=["SUPERSEDE_CLAIMED", "DISPUTED"]))
    assert found["flags"] == "DISPUTED; SUPERSEDE_CLAIMED; SUSPECT"
    assert (found["issuer"], found["operator"], found["speaker_level"]) == (
        PACKER,
        KITCHEN,
        "DELEGATED_ASSERTED",
    )
    assert row(shipped())["flags"] == ""


def test_types_and_numbers_of_documents_are_in_one_order():
    """A document without a type keeps its place, and its type is missing."""
    two = [{"bizTransaction": "urn:x:d:1"}, {"type": "inv", "bizTransaction": "urn:x:d:2"}]
    payload = lettuce.seen("2026-04-17T09:00:00", "shipping", PALLET, bizTransactionList=two)
    found = row(told("sent", payload, PACKER, [CASES]))
    assert found["reference_document_type"].split("; ") == ["", "inv"]
    assert found["reference_document_number"].split("; ") == ["urn:x:d:1", "urn:x:d:2"]
    assert "reference document type (of urn:x:d:1)" in found["missing"].split("; ")
    none = lettuce.seen("2026-04-17T09:00:00", "shipping", PALLET, bizTransactionList=two[:1])
    assert "reference document type" in row(told("sent", none, PACKER, [CASES]))["missing"].split("; ")


def test_words_said_with_a_stolen_key_are_taken_last():
    """Whoever says them."""
    said = known()[PACK_HOUSE][0]
    stolen = replace(said, speaker=replace(said.speaker, suspect=True), fingerprint="e" * 64)
    other = says(element("Location", PACK_HOUSE, name="Pack House"), "b" * 64, KITCHEN)
    found = row(shipped(), {PACK_HOUSE: [other, stolen]})
    assert found["ship_from_location_description"] == f"Pack House (according to {KITCHEN})"
