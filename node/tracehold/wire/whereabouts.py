"""How items stand, on the wire: states, and what is affected by a recall."""

from collections.abc import Iterable
from typing import Any

from tracehold.journey.answers import TIME_ORDER
from tracehold.journey.contact import Contact
from tracehold.journey.recall import RecallAnswer, Recalled
from tracehold.journey.shared import CommonAnswer, SharedName
from tracehold.journey.state import StateAnswer
from tracehold.journey.whereabouts import Whereabouts
from tracehold.v1 import trace_pb2 as pb
from tracehold.wire.answers import content_message, coverage_messages, event_message, gap_messages
from tracehold.wire.times import from_us
from tracehold.wire.words import speaker_message


def state_message(answer: StateAnswer) -> pb.GetStateResponse:
    """How an item stands."""
    return pb.GetStateResponse(
        item=answer.item,
        **_stands(answer.stands),
        conditions=[
            pb.Condition(
                disposition=each.word,
                persistent=each.lasting,
                since=from_us(each.since),
                told_by=each.told_by.hex(),
            )
            for each in answer.stands.conditions
        ],
        events=[event_message(each) for each in answer.events],
        gaps=gap_messages(answer.gaps),
        truncated=answer.truncated,
        coverage=coverage_messages(answer.coverage),
    )


def common_message(answer: CommonAnswer) -> pb.CommonResponse:
    """What several items have in common."""
    return pb.CommonResponse(
        asked=answer.asked,
        items=[
            pb.SharedItem(item=each.item, depths=each.depths, flags=[TIME_ORDER] if each.against_time else [])
            for each in answer.items
        ],
        places=_shared(answer.places),
        parties=_shared(answer.parties),
        events=[event_message(each) for each in answer.events],
        gaps=gap_messages(answer.gaps),
        truncated=answer.truncated,
        next_page_token=answer.next_page_token,
        coverage=coverage_messages(answer.coverage),
    )


def recall_message(answer: RecallAnswer) -> pb.RecallResponse:
    """What is affected, and where it is."""
    return pb.RecallResponse(
        recalled=[_recalled(each) for each in answer.recalled],
        items=[_recalled(each) for each in answer.items],
        issuers=[pb.IssuerCount(issuer=issuer, items=count) for issuer, count in answer.issuers],
        contacts=[_contact(each) for each in answer.contacts],
        events=[event_message(each) for each in answer.events],
        gaps=gap_messages(answer.gaps),
        truncated=answer.truncated,
        next_page_token=answer.next_page_token,
        coverage=coverage_messages(answer.coverage),
    )


def _recalled(row: Recalled) -> pb.RecalledItem:
    return pb.RecalledItem(
        item=row.item,
        depth=row.depth,
        issuer=row.issuer,
        via=[name.hex() for name in row.via],
        comes_from=row.comes_from,
        flags=row.flags,
        **_stands(row.stands),
    )


def _stands(stands: Whereabouts) -> dict[str, Any]:
    """The fields that a state and a row of a recall share."""
    return {
        "place": stands.place,
        "places": [
            pb.Stay(place=each.place, since=from_us(each.since), told_by=each.told_by.hex())
            for each in stands.places
        ],
        "containers": [content_message(each) for each in stands.containers],
        "part_of": [content_message(each) for each in stands.part_of],
        "dispositions": stands.dispositions,
        "custodians": [
            pb.Custodian(
                party=each.party,
                bound_for=each.bound_for,
                since=from_us(each.since),
                told_by=each.told_by.hex(),
            )
            for each in stands.custodians
        ],
        "amounts": [pb.Amount(quantity=amount, uom=uom or "") for amount, uom in stands.amounts],
        "ended": stands.ended,
    }


def _shared(names: Iterable[SharedName]) -> list[pb.SharedName]:
    return [pb.SharedName(id=each.id, told_by=[name.hex() for name in each.told_by]) for each in names]


def _contact(contact: Contact) -> pb.Contact:
    return pb.Contact(
        id=contact.id,
        name=contact.name,
        lines=[pb.ContactLine(name=name, value=value) for name, value in contact.lines],
        speaker=speaker_message(contact.speaker),
        fingerprint=contact.fingerprint.hex(),
        verified=contact.verified,
    )
