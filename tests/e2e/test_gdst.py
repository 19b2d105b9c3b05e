"""The GDST document end to end: captured over REST, anchored, traced, with its master data."""

import json
import time
from typing import Any
from urllib.parse import quote

import pytest

from tests.e2e.conftest import Running
from tests.shared_data import shared
from tracehold_client import Client, event_json
from tracehold_client.rest import RestClient

DOCUMENT = "epcis/gdst/traceback_tests.jsonld"
PALLETS = ("urn:epc:id:sscc:08600031303.0004", "urn:epc:id:sscc:08600031303.0005")


class Captured:
    """The document, its finished job, and a reader."""

    def __init__(self, running: Running) -> None:
        self.raw = shared(DOCUMENT).read_bytes()
        self.document = json.loads(self.raw)
        self.events = self.document["epcisBody"]["eventList"]
        sender = RestClient(running.world.rest, token=running.sender)
        self.job = _final(sender, sender.capture(self.raw, all_or_nothing=True))
        self.reader = RestClient(running.world.rest, token=running.reader)

    def lot(self, ending: str) -> str:
        """The one lot of the document that ends like this."""
        lists = ("quantityList", "inputQuantityList", "outputQuantityList", "childQuantityList")
        named = {part["epcClass"] for event in self.events for name in lists for part in event.get(name, ())}
        (found,) = [lot for lot in named if lot.endswith(ending)]
        return str(found)

    def trace(self, item: str, direction: str) -> dict[str, Any]:
        """POST /v1/trace."""
        return self.reader.post("v1/trace", {"item": item, "direction": direction})


@pytest.fixture(scope="module")
def captured(running: Running) -> Captured:
    """The document captured once, all FINAL and indexed; the pallets also move before and after."""
    found = Captured(running)
    with Client(running.world.grpc, token=running.sender) as client:
        extra = [_seen(found, PALLETS[1], day) for day in ("2022-01-05", "2022-02-20")]
        assert all(outcome.error is None for outcome in client.upload(map(event_json, extra)))
        status = client.status()
        end = time.monotonic() + 30
        while status.indexed < status.sealed and time.monotonic() < end:
            status = client.status()
        assert status.indexed >= status.sealed
    return found


def _final(client: RestClient, path: str) -> dict[str, Any]:
    end, job = time.monotonic() + 60, dict[str, Any]()
    while time.monotonic() < end:
        job = client.job(path)
        parts = [*job["events"], *job["masterdata"]]
        if not job["running"] and (job["errors"] or all(part["state"] == "FINAL" for part in parts)):
            return job
        time.sleep(0.2)
    raise AssertionError(f"not all final: {job}")


def _seen(captured: Captured, item: str, day: str) -> bytes:
    """An observation of a pallet at another time."""
    event = {
        "@context": captured.document["@context"],
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "eventTime": f"{day}T12:00:00Z",
        "eventTimeZoneOffset": "+00:00",
        "epcList": [item],
        "bizStep": "inspecting",
    }
    return json.dumps(event).encode()


def test_all_21_events_are_final(captured: Captured):
    """Every event and every master data element of the document is taken and final."""
    assert captured.job["success"] is True
    assert captured.job["errors"] == []
    assert [event["state"] for event in captured.job["events"]] == ["FINAL"] * 21
    assert len({event["fingerprint"] for event in captured.job["events"]}) == 21
    assert {part["state"] for part in captured.job["masterdata"]} == {"FINAL"}
    assert len(captured.job["masterdata"]) == 20


def test_upstream_of_the_product_lot(captured: Captured):
    """Exactly the commingled, the farmed, the feed, the fry and the wild catch lot; no pallet."""
    answer = captured.trace(captured.lot("processor.2u.v1-0122-2022"), "UPSTREAM")
    expected = {
        captured.lot(ending)
        for ending in (
            "processor.10u.commingle-01232022",
            "fishfarm.1u.farmed-tuna-01192022",
            "feedmill.1u.ff11252021",
            "hatchery.1u.tf12012021",
            "fisherman01.tunau.v1-0122-2022",
        )
    }
    assert {item["item"] for item in answer["items"]} == expected
    assert len(answer["items"]) == 5
    assert answer["truncated"] is False
    assert answer["events"]
    assert all(event["verified"] for event in answer["events"])


def test_depths_count_transformations(captured: Captured):
    """The commingled lot is one step away, what it was made from two, feed and fry three."""
    answer = captured.trace(captured.lot("processor.2u.v1-0122-2022"), "UPSTREAM")
    depths = {item["item"].rpartition(":")[2]: item["depth"] for item in answer["items"]}
    assert sorted(depths.values()) == [1, 2, 2, 3, 3]
    assert depths["processor.10u.commingle-01232022"] == 1


def test_downstream_of_the_feed_lot(captured: Captured):
    """Exactly the farmed, the commingled and the product lot, though feed was received after its use."""
    answer = captured.trace(captured.lot("feedmill.1u.ff11252021"), "DOWNSTREAM")
    expected = {
        captured.lot(ending)
        for ending in (
            "fishfarm.1u.farmed-tuna-01192022",
            "processor.10u.commingle-01232022",
            "processor.2u.v1-0122-2022",
        )
    }
    assert {item["item"] for item in answer["items"]} == expected
    assert all(event["verified"] for event in answer["events"])


@pytest.mark.parametrize("direction", ["UPSTREAM", "DOWNSTREAM"])
def test_pallets_are_in_no_trace(captured: Captured, direction: str):
    """What carried the product was not made into it, and nothing was made from it."""
    for ending in ("processor.2u.v1-0122-2022", "feedmill.1u.ff11252021"):
        answer = captured.trace(captured.lot(ending), direction)
        assert not {item["item"] for item in answer["items"]} & set(PALLETS)
    assert captured.trace(PALLETS[0], direction)["items"] == []


def test_history_of_the_product_lot(captured: Captured):
    """Made, packed, its pallet packed, shipped and received on it, both unpacked; nothing of a pallet before
    or after.
    """
    answer = captured.reader.post("v1/history", {"item": captured.lot("processor.2u.v1-0122-2022")})
    told = [(event["eventTime"][:16], event["type"], event["bizStep"]) for event in answer["events"]]
    assert told[:5] == [
        ("2022-01-28T08:00", "TransformationEvent", "commissioning"),
        ("2022-01-28T11:11", "AggregationEvent", "packing"),
        ("2022-01-28T12:11", "AggregationEvent", "packing"),
        ("2022-01-29T11:12", "ObjectEvent", "shipping"),
        ("2022-02-03T11:12", "ObjectEvent", "receiving"),
    ]
    assert told[5:] == [("2022-02-04T11:12", "AggregationEvent", "unpacking")] * 2
    assert len({event["fingerprint"] for event in answer["events"]}) == 7
    assert all(event["verified"] for event in answer["events"])


def test_history_of_the_pallet_has_all_its_moves(captured: Captured):
    """The pallet itself was seen before and after: the answer above left something out on purpose."""
    answer = captured.reader.post("v1/history", {"item": PALLETS[1]})
    times = [event["eventTime"][:10] for event in answer["events"]]
    assert times[0] == "2022-01-05"
    assert times[-1] == "2022-02-20"


def test_contents_of_the_pallets_in_time(captured: Captured):
    """The outer pallet holds the inner and the lot until it is unpacked, and nothing then."""
    lot = captured.lot("processor.2u.v1-0122-2022")
    on = captured.reader.post("v1/contents", {"item": PALLETS[1], "at": "2022-02-01T00:00:00Z"})
    assert {child["item"] for child in on["children"]} == {PALLETS[0], lot}
    off = captured.reader.post("v1/contents", {"item": PALLETS[1], "at": "2022-02-10T00:00:00Z"})
    assert off["children"] == []


def test_recall_of_the_feed_lot(captured: Captured):
    """What came of it, by issuer, each with who has it now and how to reach them from the header's data."""
    body = {"items": [captured.lot("feedmill.1u.ff11252021")]}
    answer = captured.reader.post("v1/recall", body)
    traced = captured.trace(body["items"][0], "DOWNSTREAM")
    assert {each["item"] for each in answer["items"]} == {each["item"] for each in traced["items"]}
    assert sum(each["items"] for each in answer["issuers"]) == len(answer["items"])
    assert all(each["custodians"] for each in answer["items"])
    assert all(event["verified"] for event in answer["events"])
    places = {stay["place"] for each in answer["items"] for stay in each["places"]}
    named = {each["id"]: each for each in answer["contacts"]}
    assert places
    assert places <= named.keys()
    assert all(named[place]["name"] for place in places)


def test_state_of_the_pallets_in_time(captured: Captured):
    """The inner one is in the outer one until it is unpacked."""
    on = captured.reader.post("v1/state", {"item": PALLETS[0], "at": "2022-02-01T00:00:00Z"})
    assert [each["parent"] for each in on["containers"]] == [PALLETS[1]]
    off = captured.reader.post("v1/state", {"item": PALLETS[0], "at": "2022-02-10T00:00:00Z"})
    assert off["containers"] == []
    assert off["events"]


def test_every_masterdata_element_is_kept_and_served(captured: Captured):
    """Each element of the header comes back as it was, with who says so, verified."""
    vocabularies = captured.document["epcisHeader"]["epcisMasterData"]["vocabularyList"]
    elements = [(v["type"], e) for v in vocabularies for e in v["vocabularyElementList"]]
    assert len(elements) == 20
    for kind, element in elements:
        answer = captured.reader.get(f"v1/masterdata/{quote(element['id'], safe='')}")
        versions = [v for v in answer["versions"] if v["type"].lower() == kind.lower()]
        assert versions, element["id"]
        assert versions[-1]["verified"] is True
        assert versions[-1]["element"]["id"] == element["id"]
        assert versions[-1]["speaker"]["level"] == "DELEGATED_ASSERTED"


def test_same_document_again_is_all_duplicates(captured: Captured, running: Running):
    """Captured twice, the second job has the first fingerprints, each marked as a duplicate, and no error."""
    sender = RestClient(running.world.rest, token=running.sender)
    again = _final(sender, sender.capture(captured.raw))
    assert [e["fingerprint"] for e in again["events"]] == [e["fingerprint"] for e in captured.job["events"]]
    assert all(part["duplicate"] for part in [*again["events"], *again["masterdata"]])
    assert again["success"] is True


def test_anonymous_reader_sees_gaps_and_no_events(captured: Captured, running: Running):
    """Audience `network`: without a token nothing is told but that something is refused."""
    anonymous = RestClient(running.world.rest)
    answer = anonymous.post(
        "v1/trace", {"item": captured.lot("processor.2u.v1-0122-2022"), "direction": "UPSTREAM"}
    )
    assert answer["items"] == []
    assert answer["events"] == []
    assert {gap["reason"] for gap in answer["gaps"]} == {"ACCESS_REFUSED"}
