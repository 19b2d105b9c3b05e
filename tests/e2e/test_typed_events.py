"""Typed events over gRPC: the creator writes them as JSON-LD and signs; a trace finds them."""

import json
import time
from collections.abc import Iterator

import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.timestamp_pb2 import Timestamp

from tests.e2e.conftest import SENDER, Running
from tests.e2e.outcomes import wait_until_indexed
from tracehold.core import record
from tracehold.v1 import event_pb2 as pb
from tracehold_client import Client, Item
from tracehold_client import event as typed

GRAIN, FLOUR = SENDER.lot(6, "GRAIN").link, SENDER.lot(7, "FLOUR").link
PALLET, LOGGER = SENDER.unit(600).link, SENDER.asset("TYPED").link


def _event(minute: int, **of_type: object) -> Item:
    when = Timestamp(seconds=1_768_000_000 + 60 * minute)
    place = SENDER.place(6).link
    return typed(
        pb.Event(
            event_id=f"urn:uuid:00000000-0000-4000-8000-{minute:012}",
            event_time=when,
            event_time_zone_offset="+01:00",
            read_point=place,
            biz_location=place,
            **of_type,  # type: ignore[arg-type]
        )
    )


def _amount(lot: str) -> pb.QuantityElement:
    return pb.QuantityElement(epc_class=lot, quantity=10.5, uom="KGM")


STORY = (
    _event(0, object_event=pb.ObjectEvent(action=pb.ACTION_ADD, quantity_list=[_amount(GRAIN)])),
    _event(
        1,
        transformation_event=pb.TransformationEvent(
            input_quantity_list=[_amount(GRAIN)], output_quantity_list=[_amount(FLOUR)]
        ),
    ),
    _event(
        2,
        aggregation_event=pb.AggregationEvent(
            action=pb.ACTION_ADD, parent_id=PALLET, child_quantity_list=[_amount(FLOUR)]
        ),
    ),
    _event(
        3, association_event=pb.AssociationEvent(action=pb.ACTION_ADD, parent_id=PALLET, child_epcs=[LOGGER])
    ),
    _event(
        4,
        biz_transactions=[pb.BizTransaction(type="po", biz_transaction=SENDER.document("PO", 1))],
        transaction_event=pb.TransactionEvent(action=pb.ACTION_ADD, epc_list=[PALLET]),
    ),
)


@pytest.fixture(scope="module")
def client(running: Running) -> Iterator[Client]:
    """A client that delegates, after it has sent one event of each type."""
    with Client(running.world.grpc, token=running.sender) as made:
        for outcome in made.upload(STORY):
            outcome.unwrap()
        wait_until_indexed(made)
        yield made


def test_all_five_types_are_sealed_and_answer_questions(client: Client):
    """Transformation, packing and association come back as what they are."""
    assert [item.item for item in client.trace(FLOUR, "upstream").items] == [GRAIN]
    held = client.contents(PALLET)
    assert {child.item for child in held.children} == {FLOUR}
    assert {part.item for part in held.components} == {LOGGER}
    types = [event.type for event in client.history(PALLET).events]
    assert types == ["AggregationEvent", "AssociationEvent", "TransactionEvent"]


def test_what_was_signed_says_what_was_typed(client: Client):
    """The payload is EPCIS JSON-LD with the same id, time to the millisecond or finer, amounts and places."""
    (told,) = [
        event for event in client.trace(FLOUR, "upstream").events if event.type == "TransformationEvent"
    ]
    kept = client.record(told.fingerprint)
    payload = json.loads(record.parse(kept.statement).payload)
    assert payload["type"] == "TransformationEvent"
    assert payload["eventID"] == "urn:uuid:00000000-0000-4000-8000-000000000001"
    assert payload["eventTime"].startswith(time.strftime("%Y-%m-%dT%H:%M", time.gmtime(1_768_000_060)))
    assert payload["inputQuantityList"] == [{"epcClass": GRAIN, "quantity": 10.5, "uom": "KGM"}]
    assert payload["readPoint"] == {"id": SENDER.place(6).link}
    assert MessageToDict(kept.payload)["type"] == "TransformationEvent"


def test_typed_event_twice_is_one_record(client: Client):
    """The same message again is written the same way: a duplicate."""
    (again,) = client.upload(STORY[:1])
    assert again.unwrap().duplicate


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (typed(pb.Event(event_time_zone_offset="+00:00")), "BAD_REQUEST"),
        (_event(90, object_event=pb.ObjectEvent(epc_list=[PALLET])), "BAD_REQUEST"),
        (_event(91, aggregation_event=pb.AggregationEvent(action=pb.ACTION_ADD, child_epcs=[PALLET])), None),
        (_event(92), "BAD_REQUEST"),
    ],
)
def test_incomplete_typed_events_are_refused(client: Client, item: Item, code: str | None):
    """No time, no action, no parent, no type: each refuses itself."""
    (outcome,) = client.upload([item])
    assert outcome.error is not None
    assert outcome.error.code == code or (code is None and outcome.error.code.startswith("EPCIS_"))
