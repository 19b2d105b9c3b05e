"""What is found, about which event, and what findings hang on."""

from dataclasses import dataclass, replace
from enum import StrEnum

from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Fact, Quantity
from tracehold.core.quality.codes import Code

MOST_SHOWN = 20
"""Findings shown of one event."""

MOST_OF_SUBJECT = 100
"""Findings kept of one subject: the first by event (`judge` says all)."""


class Kind(StrEnum):
    """What a subject is."""

    ITEM = "item"
    PROCESS = "process"
    EVENT_ID = "event_id"
    PLACE = "place"


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What findings hang on: they follow from all facts about it, in whatever order those came."""

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something doubtful about an event. `path`: JSON pointer into its payload, empty for the whole event;
    `other`: the event beside which it is doubtful, where there is one. Nothing in it tells more of the other
    event than that.
    """

    code: Code
    event: Fingerprint
    path: str = ""
    other: Fingerprint | None = None

    @property
    def message(self) -> str:
        """In plain words."""
        return MESSAGES[self.code]

    def sort_key(self) -> tuple[bytes, str, str, bytes]:
        """The order of findings: by event, code, place and other event."""
        return self.event, self.code, self.path, self.other or b""


MESSAGES = {
    Code.PACKED_ELSEWHERE: "by the other event it is still in another container",
    Code.USED_BEFORE_MADE: "this is before the event that makes it",
    Code.USED_AFTER_CONSUMED: "this is after the event that used it up or decommissioned it",
    Code.MORE_OUT_THAN_IN: "more comes out than goes in",
    Code.MORE_USED_THAN_MADE: "more is used up than was made by then",
    Code.MORE_UNPACKED_THAN_PACKED: "more is taken out than was put in",
    Code.VOIDED: "an error declaration takes this event back",
    Code.RESTS_ON_VOIDED: "the event that makes it was taken back",
    Code.VOIDED_BY_ID_ALONE: "it differs from the event that it takes back: only the event id is the same",
    Code.EVENT_ID_REUSED: "the same issuer says another event under this event id",
    Code.SAID_BY_OTHERS: "another issuer says the same event",
    Code.RECEIVED_NOT_SHIPPED: "no event that ships it is known here",
    Code.SHIPPED_NOT_RECEIVED: "it is elsewhere since, and no event that receives it is known here",
    Code.UNKNOWN_PLACE: "no master data known here describes this place",
    Code.NOT_JUDGED: "more is said of a thing of this event than is judged: nothing is found of it",
}


def pointer(fact: Fact, item: str) -> str:
    """Where the event first names the item, as a JSON pointer; empty where that cannot be said."""
    if fact.parent == item:
        return "/parentID"
    if observes_places(fact):
        return "/readPoint/id" if fact.read_point == item else "/bizLocation/id"
    roles: tuple[tuple[tuple[Quantity, ...], str, str], ...] = (
        (fact.children, "/childEPCs", "/childQuantityList"),
        (fact.inputs, "/inputEPCList", "/inputQuantityList"),
        (fact.outputs, "/outputEPCList", "/outputQuantityList"),
        (fact.observed, "/epcList", "/quantityList"),
    )
    for quantities, pieces, amounts in roles:
        places = [(q.item, q.piece) for q in quantities]
        if (item, True) in places:
            return f"{pieces}/{places.index((item, True))}"
        if (item, False) in places:
            before = sum(piece for _, piece in places)
            return f"{amounts}/{places.index((item, False)) - before}"
    return ""


def observes_places(fact: Fact) -> bool:
    """Whether it is a sensor event without objects: what it observes are its places, which stand in no list
    (EPCIS 2.0 section 7.3.7).
    """
    seen = {quantity.item for quantity in fact.observed}
    return fact.sensed is not None and bool(seen) and seen <= {fact.read_point, fact.place}


def about(finding: Finding, event: Fingerprint) -> Finding:
    """The same of another statement of the event."""
    return replace(finding, event=event)
