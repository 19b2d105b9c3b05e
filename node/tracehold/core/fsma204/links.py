"""What rows need of other events: who gave a lot its code, who harvested, cooled and moved it, and what went
into it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracehold.core.epcis.model import TransformationEvent
from tracehold.core.fsma204.statements import Amount, Lots, Told, amounts, inputs, made, named
from tracehold.core.fsma204.tracking import MOVES, Story, Tracking, step

_CODING = {Tracking.INITIAL_PACKING, Tracking.LANDING, Tracking.TRANSFORMATION}


@dataclass(frozen=True, slots=True)
class Ties:
    """Events by the lot that they are about, in the order of time; transformations by their process."""

    coded: Mapping[str, Sequence[Told]]
    harvests: Mapping[str, Sequence[Told]]
    coolings: Mapping[str, Sequence[Told]]
    arrivals: Mapping[str, Sequence[Told]]
    moves: Mapping[str, Sequence[Told]]
    processes: Mapping[str, Sequence[Told]]
    lots: Lots

    def used(self, told: Told) -> list[tuple[Told, Amount]]:
        """What went into the transformation, by lot, and who says so: also in other events of its
        transformation id (EPCIS 2.0 section 7.4.6)."""
        what = told.event.what
        process = what.transformation_id if isinstance(what, TransformationEvent) else None
        parts = self.processes.get(process.canonical, ()) if process else (told,)
        return [
            (each, Amount(self.lots.lot(part.item), part.quantity, part.unit))
            for each in parts
            for part in amounts(inputs(each.event))
        ]


def tie(told: Sequence[Told], whole: Story) -> Ties:
    """Sort the events, which stand in the order of time."""
    ties = Ties({}, {}, {}, {}, {}, {}, whole.lots)
    for each in told:
        tracking = whole.tracking(each.event)
        if tracking in _CODING:
            _note(ties.coded, {whole.lots.lot(item) for item in named(made(each.event))}, each)
        by_step = {
            Tracking.HARVESTING: ties.harvests,
            Tracking.COOLING: ties.coolings,
            Tracking.RECEIVING: ties.arrivals,
        }
        concerned = {whole.lots.lot(item) for item in each.items}
        if tracking in by_step:
            _note(by_step[tracking], concerned, each)
        if step(each.event) in MOVES:
            _note(ties.moves, concerned, each)
        what = each.event.what
        if isinstance(what, TransformationEvent) and what.transformation_id is not None:
            _note(ties.processes, {what.transformation_id.canonical}, each)
    return ties


def _note(found: Mapping[str, Sequence[Told]], keys: set[str], told: Told) -> None:
    assert isinstance(found, dict)
    for key in keys:
        found.setdefault(key, []).append(told)
