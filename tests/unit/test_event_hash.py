"""The event hash: what changes it and what does not, rule by rule."""

import copy
import hashlib
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.epcis_samples import CONTEXT, event
from tracehold.core.epcis.event_hash import Version, event_hash, prehash, statement

SHOP = {"shop": "https://shop.example/terms/"}
OWN_FIELDS: dict[str, Any] = {
    "@context": [CONTEXT, SHOP],
    "shop:note": {"shop:b": [2, 1], "shop:a": None},
}
FULL = event(
    eventTime="2026-03-01T12:00:00.1405Z",
    bizStep="shipping",
    disposition="in_transit",
    epcList=["urn:epc:id:sgtin:9521234.054321.x1", "urn:epc:id:sgtin:9521234.054321.a"],
    quantityList=[{"epcClass": "urn:epc:class:lgtin:9521234.054321.L1", "quantity": 10, "uom": "KGM"}],
    readPoint={"id": "urn:epc:id:sgln:9521234.00001.0", "shop:gate": "7"},
    bizTransactionList=[{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:9521234000013:1"}],
    sourceList=[{"type": "owning_party", "source": "urn:epc:id:pgln:9521234.00001"}],
    destinationList=[{"type": "owning_party", "destination": "urn:epc:id:pgln:9521235.00001"}],
    sensorElementList=[
        {
            "sensorMetadata": {"time": "2026-03-01T11:00:00Z"},
            "sensorReport": [{"type": "Temperature", "value": 4.5, "uom": "CEL", "component": "x"}],
        }
    ],
    ilmd={"shop:vintage": 2025},
    certificationInfo="https://cert.example/1",
    **OWN_FIELDS,
)


def changed(**fields):
    """FULL with other fields."""
    return {**copy.deepcopy(FULL), **fields}


def test_the_whole_text_of_a_full_event():
    """Order, names and values of all kinds of fields, by hand."""
    text = (
        "eventType=ObjectEventeventTime=2026-03-01T12:00:00.141ZeventTimeZoneOffset=+01:00"
        "certificationInfo=https://cert.example/1"
        "epcListepc=https://id.gs1.org/01/09521234543213/21/aepc=https://id.gs1.org/01/09521234543213/21/x1"
        "quantityListquantityElementepcClass=https://id.gs1.org/01/09521234543213/10/L1quantity=10uom=KGM"
        "action=OBSERVEbizStep=https://ref.gs1.org/cbv/BizStep-shipping"
        "disposition=https://ref.gs1.org/cbv/Disp-in_transit"
        "readPointid=https://id.gs1.org/414/9521234000013{https://shop.example/terms/}gate=7"
        "sensorElementListsensorElementsensorMetadatatime=2026-03-01T11:00:00.000Z"
        "sensorReporttype=https://gs1.org/voc/Temperaturevalue=4.5component=https://ref.gs1.org/cbv/Comp-xuom=CEL"
        "bizTransactionListtype=https://ref.gs1.org/cbv/BTT-pobizTransaction=urn:epcglobal:cbv:bt:9521234000013:1"
        "destinationListtype=https://ref.gs1.org/cbv/SDT-owning_partydestination=https://id.gs1.org/417/9521235000012"
        "ilmd{https://shop.example/terms/}vintage=2025"
        "sourceListtype=https://ref.gs1.org/cbv/SDT-owning_partysource=https://id.gs1.org/417/9521234000013"
        "{https://shop.example/terms/}note{https://shop.example/terms/}b=1{https://shop.example/terms/}b=2"
    )
    assert prehash(FULL) == text
    assert event_hash(FULL) == f"ni:///sha-256;{hashlib.sha256(text.encode()).hexdigest()}?ver=CBV2.0"


def test_version_2_1_has_its_own_order_and_ending():
    """The draft puts dealings before sensors in the standard's order, and leaves certificates out."""
    text = prehash(FULL, Version.CBV_2_1)
    parts = ["readPoint", "bizTransactionList", "sourceList", "destinationList", "sensorElementList", "ilmd"]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "certificationInfo" not in text
    assert "type=https://ref.gs1.org/voc/Temperature" in text
    assert event_hash(FULL, Version.CBV_2_1).endswith("?ver=CBV2.1")


SAME = {
    "lists in another order": changed(epcList=FULL["epcList"][::-1]),
    "Digital Links of a shop": changed(
        epcList=["https://a.example/x/01/9521234543213/10/L/21/x1?q=1", "https://id.gs1.org/01/09521234543213/21/a"]
    ),
    "another zone": changed(eventTime="2026-03-01T13:00:00.1405+01:00"),
    "no zone but an offset": changed(eventTime="2026-03-01T13:00:00.1405"),
    "rounded already": changed(eventTime="2026-03-01T12:00:00.141Z"),
    "step as URN": changed(bizStep="urn:epcglobal:cbv:bizstep:shipping"),
    "step with prefix": changed(bizStep="cbv:BizStep-shipping"),
    "disposition as web address": changed(disposition="https://ns.gs1.org/cbv/Disp-in_transit"),
    "number with zeros": changed(
        quantityList=[{"uom": "KGM", "epcClass": "urn:epc:class:lgtin:9521234.054321.L1", "quantity": 10.0}]
    ),
    "an event ID": changed(eventID="urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"),
    "recorded": changed(recordTime="2026-03-02T12:00:00Z"),
    "declared wrong": changed(errorDeclaration={"declarationTime": "2026-03-02T12:00:00Z"}),
    "a remark": changed(**{"rdfs:comment": "as ordered"}),
    "type with prefix": changed(type="epcis:ObjectEvent"),
    "another prefix": changed(
        readPoint={"id": "https://id.gs1.org/414/9521234000013", "s:gate": "7"},
        ilmd={"s:vintage": "2025"},
        **{
            "@context": [CONTEXT, {"s": "https://shop.example/terms/"}],
            "s:note": {"s:b": ["1", "2"]},
            "shop:note": None,
        },
    ),
    "names in full": changed(ilmd={"https://shop.example/terms/vintage": 2025}),
    "a term of the context": changed(
        ilmd={"year": 2025},
        **{"@context": [CONTEXT, SHOP, {"year": {"@id": "https://shop.example/terms/vintage"}}]},
    ),
    "a context that binds schemes": changed(
        ilmd={"https://shop.example/terms/vintage": 2025},
        **{"@context": [CONTEXT, SHOP, {"https": "https://mall.example/", "urn": "https://mall.example/"}]},
    ),
    "empty lists": changed(inputEPCList=[], childEPCs=[], persistentDisposition={}),
    "measure as web address": changed(
        sensorElementList=[
            {
                "sensorReport": [
                    {"uom": "CEL", "value": "4.50", "component": "cbv:Comp-x", "type": "gs1:Temperature"}
                ],
                "sensorMetadata": {"time": "2026-03-01T12:00:00+01:00"},
            }
        ]
    ),
}  # fmt: skip

OTHER = {
    "a piece more": changed(epcList=[*FULL["epcList"], "urn:epc:id:sgtin:9521234.054321.b"]),
    "a piece twice": changed(epcList=[*FULL["epcList"], FULL["epcList"][0]]),
    "a piece with other case": changed(epcList=["urn:epc:id:sgtin:9521234.054321.X1", FULL["epcList"][1]]),
    "a millisecond later": changed(eventTime="2026-03-01T12:00:00.142Z"),
    "another local zone": changed(eventTimeZoneOffset="+02:00"),
    "another action": changed(action="ADD"),
    "another step": changed(bizStep="receiving"),
    "the same word elsewhere": changed(bizStep="https://shop.example/shipping"),
    "another amount": changed(quantityList=[{**FULL["quantityList"][0], "quantity": 11}]),
    "another unit": changed(quantityList=[{**FULL["quantityList"][0], "uom": "GRM"}]),
    "no unit": changed(quantityList=[{**FULL["quantityList"][0], "uom": None}]),
    "another gate": changed(readPoint={**FULL["readPoint"], "shop:gate": "8"}),
    "no place": changed(readPoint=None),
    "another place": changed(bizLocation={"id": "urn:epc:id:sgln:9521234.00002.0"}),
    "another document": changed(bizTransactionList=[{**FULL["bizTransactionList"][0], "type": "inv"}]),
    "sides exchanged": changed(
        sourceList=[{"type": "owning_party", "source": "urn:epc:id:pgln:9521235.00001"}],
        destinationList=[{"type": "owning_party", "destination": "urn:epc:id:pgln:9521234.00001"}],
    ),
    "another vintage": changed(ilmd={"shop:vintage": 2024}),
    "the same name of another namespace": changed(**{"@context": [CONTEXT, {"shop": "https://mall.example/"}]}),
    "another note": changed(**{"shop:note": {"shop:b": [2, 3]}}),
    "another certificate": changed(certificationInfo="https://cert.example/2"),
    "a standing disposition": changed(persistentDisposition={"set": ["recalled"]}),
    "unset instead of set": changed(persistentDisposition={"unset": ["recalled"]}),
    "a truth": changed(**{"shop:note": True}),
    "a field that strayed into a report": changed(
        sensorElementList=[{"sensorReport": [{"type": "Temperature", "bizRules": "https://shop.example/r"}]}]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_spellings_of_one_event_have_one_hash(name):
    """What says the same has the same name."""
    assert event_hash(SAME[name]) == event_hash(FULL)


@pytest.mark.parametrize("name", SAME)
def test_spellings_of_one_event_have_one_hash_in_the_draft(name):
    """The same of version 2.1."""
    assert event_hash(SAME[name], Version.CBV_2_1) == event_hash(FULL, Version.CBV_2_1)


def test_every_change_is_another_statement():
    """And what the hash leaves out too."""
    texts = [statement(each) for each in [FULL, *OTHER.values(), SAME["an event ID"], SAME["declared wrong"]]]
    assert len(set(texts)) == len(texts)


def test_every_change_changes_the_hash():
    """A value changed, added or left out never keeps the hash, and no two changes meet."""
    hashes = [event_hash(each) for each in [FULL, *OTHER.values()]]
    assert len(set(hashes)) == len(hashes)


def test_extensions_may_be_left_out_by_name():
    """A document's ignoreFields drop named extensions of the event and nothing else."""
    plain = changed(**{"shop:note": None})
    note = "{https://shop.example/terms/}note"
    assert event_hash(FULL, leave_out=[note]) == event_hash(plain)
    assert event_hash(FULL, leave_out=["bizStep", "shop:note"]) == event_hash(FULL)


@pytest.mark.parametrize(
    ("value", "loose", "exact"),
    [
        ("007", "7", "7"),
        ("+1.50", "1.5", "1.5"),
        ("-0", "0", "0"),
        (".5", "0.5", "0.5"),
        ("1e3", "1000", "1000"),
        ("111100001111000011110000", "111100001111000003641344", "111100001111000011110000"),
        ("1_000", "1_000", "1_000"),
        ("٣", "٣", "٣"),
        ("1.2.3", "1.2.3", "1.2.3"),
        ("nan", "nan", "nan"),
        ("1e999", "1e999", "1" + "0" * 999),
        ("1e99999", "1e99999", "1e99999"),
        ("9" * 500, "9" * 500, "9" * 500),
    ],
)
def test_numbers_have_one_form(value, loose, exact):
    """Version 2.0 counts in doubles, 2.1 keeps all digits; other text stays, and none grows long."""
    event_ = changed(**{"shop:note": value})
    assert prehash(event_).endswith(f"note={loose}")
    assert prehash(event_, Version.CBV_2_1).endswith(f"note={exact}")


@pytest.mark.parametrize(
    ("spelled", "written"),
    [
        ("2026-12-31T23:59:59.9995Z", "2027-01-01T00:00:00.000Z"),
        ("2026-12-31T23:59:59.99949Z", "2026-12-31T23:59:59.999Z"),
        ("2026-01-01T00:00:00+14:00", "2025-12-31T10:00:00.000Z"),
        ("2026-06-30T23:59:60Z", "2026-07-01T00:00:00.000Z"),
        ("2026-13-01T00:00:00Z", "2026-13-01T00:00:00Z"),
        ("yesterdayZ", "yesterdayZ"),
    ],
)
def test_times_are_utc_to_the_millisecond(spelled, written):
    """Half a millisecond counts up, over the year if need be; what is no time stays."""
    assert f"eventTime={written}eventTimeZoneOffset" in prehash(changed(eventTime=spelled))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10**30) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    [*FULL, "parentID", "persistentDisposition", "transformationID", "x:y", "https://a.b/c"]
)


@given(st.dictionaries(FIELDS, JSON, max_size=6))
@settings(max_examples=300, deadline=None)
def test_no_json_object_breaks_it(fields):
    """Whatever stands where a field belongs, there is a hash, and the same twice."""
    whole = {**FULL, **fields}
    assert event_hash(whole) == event_hash(copy.deepcopy(whole))
    assert len(event_hash(whole, Version.CBV_2_1)) == len(event_hash(FULL))


@given(st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_order_never_counts(chance):
    """Members of objects and elements of lists may come in any order."""
    assert event_hash(_shuffled(FULL, chance)) == event_hash(FULL)


def _shuffled(value, chance: random.Random):
    if isinstance(value, dict):
        items = list(value.items())
        chance.shuffle(items)
        return {name: _shuffled(item, chance) if name != "@context" else item for name, item in items}
    if isinstance(value, list):
        return chance.sample([_shuffled(item, chance) for item in value], len(value))
    return value


def test_an_event_id_that_is_the_events_own_hash_states_nothing():
    """Many fill the eventID with the hash; another hash, or another name, is a name."""
    plain = statement(FULL)
    assert statement(changed(eventID=event_hash(FULL))) == plain
    assert statement(changed(eventID=event_hash(FULL, Version.CBV_2_1))) == plain
    assert statement(changed(eventID=event_hash(OTHER["no place"]))) != plain
    assert statement(changed(eventID="urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8")) != plain


@pytest.mark.parametrize(
    ("one", "other"),
    [("7", "007"), ("1.5", "1.50"), ("1", "+1"), ("9" * 30, "9" * 29 + "8"), (10**30, 10**30 + 1)],
)
def test_statements_keep_what_the_hash_lets_go(one, other):
    """Lots 7 and 007 have one event hash and are two statements; a number is one however it is written."""
    assert event_hash(changed(**{"shop:note": one})) == event_hash(changed(**{"shop:note": other}))
    assert statement(changed(**{"shop:note": one})) != statement(changed(**{"shop:note": other}))
    assert statement(changed(**{"shop:note": 7.0})) == statement(changed(**{"shop:note": "7"}))


def test_statements_tell_declarations_apart():
    """A declaration, its reason and its corrections, whatever their spelling."""
    declared = {"declarationTime": "2026-03-02T12:00:00Z", "reason": "incorrect_data"}
    whole = statement(changed(errorDeclaration=declared))
    spelled = {
        "declarationTime": "2026-03-02T13:00:00+01:00",
        "reason": "urn:epcglobal:cbv:er:incorrect_data",
        "correctiveEventIDs": [],
    }
    assert statement(changed(errorDeclaration=spelled)) == whole != statement(FULL)
    for other in ({"reason": "did_not_occur"}, {"correctiveEventIDs": ["urn:x:1"]}, {"shop:why": "mistyped"}):
        assert statement(changed(errorDeclaration={**declared, **other})) != whole
