"""Whether a program of a lab answers, and whether the nodes know each other."""

from typing import Any

from tracehold.core.errors import Unavailable
from tracehold.lab.plan import Seat
from tracehold.lab.programs import Slot
from tracehold_client.http import Http
from tracehold_client.rest import RestClient

LOOK_S = 10.0
"""Seconds that a node gets for one answer."""
NOBODY = "urn:tracehold:lab:nothing"
"""An item that nobody spoke of."""


def answers(slot: Slot) -> bool:
    """Whether it has printed the line that says so. A start begins with an empty file."""
    return b"\n" in slot.out.read_bytes()


def ready(slot: Slot, seat: Seat) -> bool:
    """Whether the node takes uploads: it listens, compared its log with the chain, and its disk takes
    writes.
    """
    if not answers(slot):
        return False
    try:
        return Http(timeout=LOOK_S).exchange(f"{seat.rest}/readyz").status == 200
    except Unavailable:
        return False


def acquainted(seat: Seat) -> bool:
    """Whether the node reaches all the others: a question that all are asked names nobody as down."""
    try:
        answer = reader(seat).post("v1/records:locate", {"item": NOBODY})
    except Unavailable:
        return False
    return not any(gap["reason"] == "HOLDER_DOWN" for gap in answer["gaps"])


def reader(seat: Seat, timeout: float = LOOK_S) -> RestClient:
    """A reader of this node who may read all."""
    return RestClient(seat.rest, token=seat.read_token, timeout=timeout)


def status_of(seat: Seat) -> dict[str, Any] | None:
    """The node's own status; None where it does not answer."""
    try:
        return reader(seat).get("v1/status")
    except Unavailable:
        return None
