"""Which critical tracking event an EPCIS event is (21 CFR 1.1310).

Business steps say it where they can. EPCIS has no words for harvesting, cooling and initial packing, and GS1
US writes them as the making of a lot (`creating_class_instance`), so that the rest follows from what else is
told about the lot: a lot that is shipped under its code got the code at initial packing, and one that is only
used up was harvested (GS1 US, EPCIS recommendations for FSMA 204, sections 2 to 8).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tracehold.core.epcis.attributes import word
from tracehold.core.epcis.model import Event, ObjectEvent, TransformationEvent
from tracehold.core.fsma204.statements import Lots, Told, inputs, made, named, subjects, text_of
from tracehold.core.gs1.levels import Level, level


class Tracking(StrEnum):
    """The critical tracking events, with the sections that ask for their records."""

    HARVESTING = "harvesting"
    COOLING = "cooling"
    INITIAL_PACKING = "initial packing"
    LANDING = "first land-based receiving"
    SHIPPING = "shipping"
    RECEIVING = "receiving"
    TRANSFORMATION = "transformation"


SECTIONS = {
    Tracking.HARVESTING: "21 CFR 1.1325(a)",
    Tracking.COOLING: "21 CFR 1.1325(b)",
    Tracking.INITIAL_PACKING: "21 CFR 1.1330",
    Tracking.LANDING: "21 CFR 1.1335",
    Tracking.SHIPPING: "21 CFR 1.1340",
    Tracking.RECEIVING: "21 CFR 1.1345",
    Tracking.TRANSFORMATION: "21 CFR 1.1350",
}

_WORDS = {
    "harvesting": Tracking.HARVESTING,
    "harvest": Tracking.HARVESTING,
    "farmharvest": Tracking.HARVESTING,
    "cooling": Tracking.COOLING,
    "precooling": Tracking.COOLING,
    "hydrocooling": Tracking.COOLING,
    "initialpacking": Tracking.INITIAL_PACKING,
    "landing": Tracking.LANDING,
    "firstlandbasedreceiving": Tracking.LANDING,
    "shipping": Tracking.SHIPPING,
    "departing": Tracking.SHIPPING,
    "receiving": Tracking.RECEIVING,
    "accepting": Tracking.RECEIVING,
    "arriving": Tracking.RECEIVING,
}
_FISHING = ("catchzone", "catcharea", "fishtype", "vesselcatchinformationlist", "vesselcatchinformation")
_HARVEST = ("harvestdate", "harvestdatestart", "harveststartdate", "harvestenddate", "harvestdateend")
MOVES = frozenset({"transporting", "shipping", "departing"})
"""Steps by which a harvested food goes to its next recipient."""


def step(event: Event) -> str:
    """The business step as one bare word: letters only, in lower case."""
    return "".join(letter for letter in word(event.biz_step or "") if letter.isalpha())


@dataclass(frozen=True, slots=True)
class Story:
    """What all events together say of the lots: which were shipped, and which were only harvested so far."""

    lots: Lots
    shipped: frozenset[str]
    raw: frozenset[str]

    def tracking(self, event: Event) -> Tracking | None:
        """Which critical tracking event it is; None for all others, such as packing onto a pallet."""
        if isinstance(event.what, TransformationEvent):
            return self._making(event) if event.what.outputs else None
        said = _WORDS.get(step(event))
        if said is not None:
            return said
        if not isinstance(event.what, ObjectEvent):
            return None
        if event.action == "ADD":
            return self._beginning(event)
        is_raw = any(self.lots.lot(item) in self.raw for item in named(subjects(event)))
        return Tracking.COOLING if is_raw and step(event) == "other" and event.sensor_elements else None

    def _making(self, event: Event) -> Tracking:
        said = _WORDS.get(step(event))
        if said in {Tracking.INITIAL_PACKING, Tracking.LANDING}:
            return said
        taken = {self.lots.lot(item) for item in named(inputs(event))}
        packs = step(event) == "packing" or (bool(taken) and taken <= self.raw)
        return Tracking.INITIAL_PACKING if packs else Tracking.TRANSFORMATION

    def _beginning(self, event: Event) -> Tracking | None:
        if not any(is_food(item) for item in named(subjects(event))):
            return None
        if text_of(event.ilmd, *_FISHING):
            return Tracking.LANDING
        begun = {self.lots.lot(item) for item in named(subjects(event))}
        return Tracking.HARVESTING if begun <= self.raw else Tracking.INITIAL_PACKING


def story(told: Sequence[Told], lots: Lots) -> Story:
    """What the events say together."""
    shipped = {
        lots.lot(item)
        for each in told
        if _WORDS.get(step(each.event)) is Tracking.SHIPPING
        for item in each.items
    }
    used = {lots.lot(item) for each in told for item in named(inputs(each.event))}
    raw: set[str] = set()
    for each in told:
        begun = {lots.lot(item) for item in named(made(each.event)) if is_food(item)}
        if isinstance(each.event.what, ObjectEvent) and _is_harvest(each.event):
            raw |= begun
        elif isinstance(each.event.what, ObjectEvent) and _may_be_harvest(each.event):
            raw |= (begun & used) - shipped
    return Story(lots, frozenset(shipped), frozenset(raw))


def is_food(item: str) -> bool:
    """Whether an item may be a food: not a logistic unit, an asset, a place or a party."""
    return level(item) in {Level.CLASS, Level.LOT, Level.SERIAL, Level.OPAQUE}


def _is_harvest(event: Event) -> bool:
    if _WORDS.get(step(event)) is Tracking.HARVESTING:
        return True
    return bool(text_of(event.ilmd, *_HARVEST)) and _may_be_harvest(event)


def _may_be_harvest(event: Event) -> bool:
    return _WORDS.get(step(event)) is None and not text_of(event.ilmd, *_FISHING)
