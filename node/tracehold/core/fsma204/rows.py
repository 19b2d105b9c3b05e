"""Events to rows: one for each critical tracking event and lot, in the order of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracehold.core.epcis.model import Event, TransformationEvent
from tracehold.core.fsma204.described import Known, Words, product
from tracehold.core.fsma204.elements import COLUMNS, REQUIRED
from tracehold.core.fsma204.filling import FILL, Writing, code, code_source, here, local_time
from tracehold.core.fsma204.links import Ties, tie
from tracehold.core.fsma204.statements import (
    Amount,
    Lots,
    Told,
    amounts,
    lots_of,
    named,
    subjects,
    text_of,
    total,
)
from tracehold.core.fsma204.tracking import SECTIONS, Story, Tracking, story


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells by column, empty where nothing is said, and its place in the order."""

    cells: Mapping[str, str]
    instant: int


def rows(told: Sequence[Told], known: Known, start: int, end: int) -> list[Row]:
    """The rows of events from `start` to `end`, both included (microseconds since 1970 UTC). Events outside
    of that are read for what rows need of them: who gave the lot its code, when it was harvested."""
    told = sorted(told, key=lambda each: (each.event.instant, each.fingerprint))
    lots = lots_of(told)
    whole = story(told, lots)
    ties = tie(told, whole)
    found: list[Row] = []
    for each in told:
        tracking = whole.tracking(each.event)
        if tracking is not None and start <= each.event.instant <= end:
            found += [_row(each, lot, tracking, whole, ties, known) for lot in _lots(each, lots)]
    return sorted(found, key=lambda row: (row.instant, *(row.cells[name] for name in _ORDER)))


SUSPECT = "SUSPECT"
"""Among the flags: the record was signed with a key that a revocation doubts."""

_ORDER = ("critical_tracking_event", "item", "fingerprint")


def _lots(told: Told, lots: Lots) -> list[str]:
    """The followed lots that a row is due for; of a transformation those it makes."""
    followed = {lots.lot(item) for item in told.items}
    if isinstance(told.event.what, TransformationEvent):
        followed &= {lots.lot(item) for item in named(subjects(told.event))}
    return sorted(followed)


def _row(told: Told, lot: str, tracking: Tracking, whole: Story, ties: Ties, known: Known) -> Row:
    writing = Writing(known, told)
    event, put = told.event, writing.put
    put("critical_tracking_event", str(tracking))
    put("cfr_section", SECTIONS[tracking])
    put("event_date", local_time(event)[:10])
    put("event_time", local_time(event))
    put("traceability_lot_code", code(lot))
    put("item", lot)
    described = product(known, lot, (told.speaker,))
    put("product_description", described if described.text else text_of(event.ilmd, "fishtype"))
    quantity, unit = total(_parts(told, lot, whole.lots))
    put("quantity", quantity)
    put("unit_of_measure", unit)
    _documents(writing, event)
    put("issuer", told.issuer)
    put("operator", told.speaker.operator)
    put("speaker_level", told.speaker.level)
    put("flags", "; ".join(sorted(told.flags | ({SUSPECT} if told.speaker.suspect else set()))))
    put("biz_step", event.biz_step or "")
    put("event_id", event.event_id or "")
    put("verified", "yes" if told.verified else "no")
    put("state", told.state)
    put("fingerprint", told.fingerprint)
    writing.place("location_description", here(event))
    code_source(writing, lot, ties)
    FILL[tracking](writing, told, lot, ties)
    _owed(writing, tracking, told)
    writing.cells["also_rests_on"] = "; ".join(sorted(writing.rests_on - {told.fingerprint}))
    return Row({name: writing.cells.get(name, "") for name in COLUMNS}, event.instant)


def _documents(writing: Writing, event: Event) -> None:
    """Types and numbers of the documents, in one order: the n-th type is that of the n-th number."""
    named = event.biz_transactions
    without = tuple(f"of {each.id.original}" for each in named if not each.type)
    if len(without) < len(named):
        types = Words("; ".join(each.type or "" for each in named), without)
        writing.put("reference_document_type", types)
    writing.put("reference_document_number", "; ".join(each.id.original for each in named))


def _parts(told: Told, lot: str, lots: Lots) -> list[Amount]:
    own = [part for part in amounts(subjects(told.event)) if lots.lot(part.item) == lot]
    return own or [part for part in told.held if lots.lot(part.item) == lot] or [Amount(lot, None, "")]


def _owed(writing: Writing, tracking: Tracking, told: Told) -> None:
    """Name what is missing; whoever issued the record must keep it."""
    missing = []
    for column, name in REQUIRED[tracking].items():
        lacks = writing.lacks.get(column, ())
        if not writing.cells.get(column):
            missing.append(name)
        elif lacks:
            missing.append(f"{name} ({', '.join(lacks)})")
    if missing:
        writing.cells["missing"] = "; ".join(missing)
        writing.cells["owed_by"] = told.issuer
