"""Tells what companies do: each sentence becomes one EPCIS event, and is noted in the ground truth."""

import json
import random
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tracehold.cli.demo.things import Company, Thing
from tracehold.cli.demo.truth import Truth

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"

_NAMES = uuid.UUID("6f1e2a52-7a44-4a55-9c41-5d1f3a0f7b10")
_BEGIN = datetime(2025, 7, 21, 5, 0, tzinfo=UTC)

Amounts = Mapping[Thing, float]
"""Kilograms of each lot."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event: who says it, its id, its JSON-LD, when it happened."""

    company: Company
    event_id: str
    payload: bytes
    time: datetime


@dataclass(slots=True)
class Narrator:
    """Invents events in order of time. The same seed tells the same story, byte for byte."""

    seed: int
    truth: Truth = field(default_factory=Truth)
    events: list[Told] = field(default_factory=list)
    now: datetime = _BEGIN
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - a story, not a secret

    def wait(self, *, hours: float = 0, days: float = 0) -> None:
        """Time passes."""
        self.now += timedelta(hours=hours, days=days)

    def commission(
        self,
        company: Company,
        step: str,
        place: Thing,
        *,
        amounts: Amounts | None = None,
        pieces: Sequence[Thing] = (),
        ilmd: Mapping[str, Any] | None = None,
    ) -> Told:
        """Lots or things begin."""
        body = self._things(company, pieces, amounts) | _where(company, step, "active", place)
        if ilmd:
            body["ilmd"] = dict(ilmd)
        return self._tell(company, "ObjectEvent", {"action": "ADD"} | body, [*pieces, *(amounts or {})])

    def observe(
        self,
        company: Company,
        step: str,
        disposition: str,
        place: Thing,
        *,
        amounts: Amounts | None = None,
        pieces: Sequence[Thing] = (),
        more: Mapping[str, Any] | None = None,
    ) -> Told:
        """Lots or things were there."""
        body = {"action": "OBSERVE"} | self._things(company, pieces, amounts)
        body |= _where(company, step, disposition, place) | dict(more or {})
        return self._tell(company, "ObjectEvent", body, [*pieces, *(amounts or {})])

    def transform(
        self,
        company: Company,
        place: Thing,
        inputs: Amounts,
        *,
        lots: Amounts | None = None,
        pieces: Sequence[Thing] = (),
        run: str = "",
        true: bool = True,
    ) -> Told:
        """Inputs were made into lots or pieces. `run` joins several tellings into one transformation.

        What is not `true` is told by mistake: it is for `void` to take back, and never enters the truth.
        """
        body: dict[str, Any] = {}
        if inputs:
            body["inputQuantityList"] = _quantities(company, inputs)
        if pieces:
            body["outputEPCList"] = [company.spell(piece) for piece in pieces]
        if lots:
            body["outputQuantityList"] = _quantities(company, lots)
        if run:
            body["transformationID"] = run
        body |= _where(company, "creating_class_instance", "active", place)
        outputs = [*pieces, *(lots or {})]
        if true:
            self.truth.transformed(_links(inputs), _links(outputs))
        return self._tell(company, "TransformationEvent", body, [*inputs, *outputs] if true else [])

    def pack(
        self, company: Company, step: str, place: Thing, parent: Thing, children: Sequence[Thing]
    ) -> Told:
        """Things are put into a container."""
        told = self._aggregate(company, "ADD", step, place, parent, children)
        self.truth.inside[parent.link] |= set(_links(children))
        return told

    def unpack(
        self, company: Company, step: str, place: Thing, parent: Thing, children: Sequence[Thing] | None
    ) -> Told:
        """Things are taken out of a container; None empties it."""
        told = self._aggregate(company, "DELETE", step, place, parent, children or ())
        held = self.truth.inside[parent.link]
        held -= set(held) if children is None else set(_links(children))
        return told

    def attach(self, company: Company, place: Thing, parent: Thing, child: Thing, *, on: bool) -> Told:
        """A device is fixed to something (`on`), or taken off it."""
        body = {
            "action": "ADD" if on else "DELETE",
            "parentID": company.spell(parent),
            "childEPCs": [company.spell(child)],
        } | _where(company, "assembling" if on else "disassembling", "in_progress", place)
        told = self._tell(company, "AssociationEvent", body, [parent, child])
        held = self.truth.attached[parent.link]
        held.add(child.link) if on else held.discard(child.link)
        return told

    def order(
        self, company: Company, kind: str, document: str, place: Thing, pieces: Sequence[Thing]
    ) -> Told:
        """Things become part of a business document."""
        body = {
            "action": "ADD",
            "bizTransactionList": [{"type": kind, "bizTransaction": document}],
            "epcList": [company.spell(piece) for piece in pieces],
        } | _where(company, "accepting", "active", place)
        return self._tell(company, "TransactionEvent", body, pieces)

    def void(self, wrong: Told, reason: str, corrected_by: Sequence[Told]) -> Told:
        """The company that told `wrong` declares it void (EPCIS 2.0
        section 7.4.1.4): same event, same id, and why.
        """
        body = json.loads(wrong.payload)
        body["errorDeclaration"] = {
            "declarationTime": _iso(self.now),
            "reason": reason,
            "correctiveEventIDs": [told.event_id for told in corrected_by],
        }
        self.truth.voided.add(wrong.event_id)
        told = Told(wrong.company, wrong.event_id, _json(body), wrong.time)
        self.events.append(told)
        self._pass_time()
        return told

    def _aggregate(
        self, company: Company, action: str, step: str, place: Thing, parent: Thing, children: Sequence[Thing]
    ) -> Told:
        body = {
            "action": action,
            "parentID": company.spell(parent),
            "childEPCs": [company.spell(child) for child in children],
        } | _where(company, step, "in_progress", place)
        return self._tell(company, "AggregationEvent", body, [parent, *children])

    def _things(self, company: Company, pieces: Sequence[Thing], amounts: Amounts | None) -> dict[str, Any]:
        body: dict[str, Any] = {}
        if pieces:
            body["epcList"] = [company.spell(piece) for piece in pieces]
        if amounts:
            body["quantityList"] = _quantities(company, amounts)
        return body

    def _tell(self, company: Company, kind: str, body: dict[str, Any], concerns: Sequence[Thing]) -> Told:
        event_id = f"urn:uuid:{uuid.uuid5(_NAMES, f'{self.seed}/{len(self.events)}')}"
        head = {
            "@context": [CONTEXT],
            "type": kind,
            "eventID": event_id,
            "eventTime": _iso(self.now),
            "eventTimeZoneOffset": "+02:00",
        }
        told = Told(company, event_id, _json(head | body), self.now)
        self.events.append(told)
        self.truth.happened(event_id, _links(concerns))
        self._pass_time()
        return told

    def _pass_time(self) -> None:
        # No two events share an instant, so the true order is the order of telling.
        self.now += timedelta(minutes=self.chance.randint(3, 40), seconds=self.chance.randint(0, 59))


def _where(company: Company, step: str, disposition: str, place: Thing) -> dict[str, Any]:
    at = {"id": company.spell(place)}
    return {"bizStep": step, "disposition": disposition, "readPoint": at, "bizLocation": at}


def _quantities(company: Company, amounts: Amounts) -> list[dict[str, Any]]:
    return [
        {"epcClass": company.spell(lot), "quantity": amount, "uom": "KGM"} for lot, amount in amounts.items()
    ]


def _links(things: Iterable[Thing]) -> list[str]:
    return [thing.link for thing in things]


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()
