"""What a shipment may be by itself, and who may send it: seen before anything else is read."""

from tracehold.core.errors import Rejected
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.neighbours import Neighbour
from tracehold.journey.ports import Member, Role, Shipment

Creator = Member | Neighbour
"""Whose log it is; one who is no active member any more is known by the contract alone."""


def check_caller(caller: Neighbour, shipment: Shipment) -> None:
    """Returns if an active creator ships its own log. Raises NOT_A_MEMBER, and BAD_REQUEST for a step that
    goes back.
    """
    if Role.CREATOR not in caller.roles:
        raise Rejected("NOT_A_MEMBER", "only active creators have their logs kept")
    logs = {shipment.log, shipment.checkpoint.log, *([shipment.base.log] if shipment.base else [])}
    if logs != {caller.log}:
        raise Rejected("NOT_A_MEMBER", "a member ships its own log and no other's")
    if shipment.prev_size > shipment.checkpoint.size:
        raise Rejected("BAD_REQUEST", "no step goes back")


def check_bounds(shipment: Shipment) -> None:
    """Returns if the entries are those of one segment up to the checkpoint. Raises BAD_REQUEST."""
    size = shipment.checkpoint.size
    if shipment.start + len(shipment.entries) != size:
        raise Rejected("BAD_REQUEST", f"these are not the entries up to the checkpoint of size {size}")
    if shipment.start // SEGMENT_ENTRIES != (size - 1) // SEGMENT_ENTRIES:
        raise Rejected("BAD_REQUEST", "a shipment ends where its segment does")
