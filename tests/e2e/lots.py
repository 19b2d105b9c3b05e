"""Lots that are made of one another, step by step at different nodes of a lab, and what a trace of the last
one must say.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.e2e.conftest import SENDER
from tests.e2e.labs import Network
from tests.e2e.signing import CONTEXT, document


@dataclass(frozen=True)
class Line:
    """A line of lots: the first is commissioned, each next one is made of the one before. `events` are the
    fingerprints of what says so, all FINAL.
    """

    lots: tuple[str, ...]
    events: frozenset[str]

    def ask(self, over: Network, name: str) -> dict[str, Any]:
        """What a node answers about where the last lot comes from."""
        found = over.reader(name).post("v1/trace", {"item": self.lots[-1], "direction": "UPSTREAM"})
        return dict(found)

    def whole(self, answer: dict[str, Any]) -> bool:
        """Whether an answer has all items and events, each verified."""
        return self._complete(answer) and all(each["verified"] for each in answer["events"])

    def honest(self, answer: dict[str, Any]) -> bool:
        """Whether an answer is right, or less than that and names a gap: nothing else is in it, and an event
        is called verified where it has an anchor. A holder that has just taken over a copy may know its
        checkpoint before its anchor; then it says SEALED, and does not say verified.
        """
        if not all(each["verified"] == (each["state"] in ("ANCHORED", "FINAL")) for each in answer["events"]):
            return False
        within = self._items(answer) <= set(self.lots[:-1]) and self._events(answer) <= self.events
        return within and (self._complete(answer) or bool(answer["gaps"]))

    def _complete(self, answer: dict[str, Any]) -> bool:
        return self._items(answer) == set(self.lots[:-1]) and self._events(answer) == self.events

    def _items(self, answer: dict[str, Any]) -> set[str]:
        return {each["item"] for each in answer["items"]} - {self.lots[-1]}

    def _events(self, answer: dict[str, Any]) -> set[str]:
        return {each["fingerprint"] for each in answer["events"]}


def line(over: Network, names: Sequence[str], mark: str, steps: int) -> Line:
    """A line of so many steps, told at these nodes in turn."""
    lots = tuple(SENDER.lot(7, f"{mark}-{step}").link for step in range(steps + 1))
    told = [_event("ObjectEvent", 1, action="ADD", quantityList=_some(lots[0]))]
    for step in range(steps):
        parts = {"inputQuantityList": _some(lots[step]), "outputQuantityList": _some(lots[step + 1])}
        told.append(_event("TransformationEvent", step + 2, **parts))
    jobs = [(name, over.capture(name, document(*told[at :: len(names)]))) for at, name in enumerate(names)]
    done = [over.finished(name, job) for name, job in jobs]
    return Line(lots, frozenset(part["fingerprint"] for job in done for part in job["events"]))


def _event(kind: str, day: int, **body: Any) -> bytes:
    head = {"@context": CONTEXT, "type": kind, "eventTimeZoneOffset": "+00:00"}
    return json.dumps(head | {"eventTime": f"2026-01-{day:02}T08:00:00Z"} | body).encode()


def _some(lot: str) -> list[dict[str, Any]]:
    return [{"epcClass": lot, "quantity": 1.0, "uom": "KGM"}]
