"""What stands in records, in words for people."""

from datetime import UTC, datetime, timedelta

from tracehold.core.gs1.levels import Level, class_of, level
from tracehold.core.lineage import GapReason
from tracehold.core.speaker import Level as Speaking
from tracehold.core.speaker import Speaker
from tracehold.journey.answers import CONTRADICTS, DISPUTED, Statement
from tracehold.journey.passage import Passage, Step

STEPS = {
    "accepting": "Accepted",
    "arriving": "Arrived",
    "assembling": "Assembled",
    "collecting": "Collected",
    "commissioning": "Began, and got its number",
    "consigning": "Made ready to travel",
    "creating_class_instance": "A new lot began",
    "cycle_counting": "Counted",
    "decommissioning": "Its number was taken off",
    "departing": "Left",
    "destroying": "Destroyed",
    "disassembling": "Taken apart",
    "dispensing": "Handed out in part",
    "encoding": "Its number was written on it",
    "entering_exiting": "Passed a gate",
    "holding": "Held back",
    "inspecting": "Inspected",
    "installing": "Built in",
    "killing": "Its tag was switched off",
    "loading": "Loaded",
    "other": "Something was done with it",
    "packing": "Packed",
    "picking": "Picked for an order",
    "receiving": "Received",
    "removing": "Taken out",
    "repackaging": "Packed again",
    "repairing": "Repaired",
    "replacing": "Replaced",
    "reserving": "Reserved",
    "retail_selling": "Sold in a shop",
    "sampling": "Sampled",
    "sensor_reporting": "Measured",
    "shipping": "Shipped",
    "staging_outbound": "Put ready to leave",
    "stock_taking": "Counted",
    "stocking": "Put on the shelf",
    "storing": "Stored",
    "transporting": "On its way",
    "unloading": "Unloaded",
    "unpacking": "Unpacked",
    "void_shipping": "Its shipping was called off",
}
"""Business steps (CBV 2.0 section 7.1)."""

_TYPES = {
    ("AggregationEvent", "ADD"): "Packed together",
    ("AggregationEvent", "DELETE"): "Unpacked",
    ("AssociationEvent", "ADD"): "Attached",
    ("AssociationEvent", "DELETE"): "Detached",
    ("ObjectEvent", "ADD"): "Began",
    ("ObjectEvent", "DELETE"): "Ended",
}

_SPEAKING = {
    Speaking.SIGNED_BY_PARTY: "signed by the company itself",
    Speaking.DELEGATED_WITH_MANDATE: "signed by its operator {operator}, with a mandate of the company",
    Speaking.DELEGATED_ASSERTED: "signed by the operator {operator}, who says that the company lets it",
}

GAPS = {
    GapReason.NEVER_COMMISSIONED: "Nobody told where this began.",
    GapReason.HOLDER_DOWN: "A computer that may know more did not answer. Try again later.",
    GapReason.ACCESS_REFUSED: "There are records about this that are not public.",
    GapReason.PROOF_FAILED: "A record about this was left out, because it is not what was written down.",
    GapReason.ERASED: "A record about this was deleted.",
    GapReason.NOT_COVERED: "Some records were not searched yet.",
    GapReason.HINTED: "Not everybody was asked. There may be more.",
    GapReason.TRUNCATED: "There is more than can be shown here.",
}
"""What is missing, in words that tell nothing more than the reason."""


def happened(said: Statement) -> str:
    """What the event was; of a making, which side of it the item was on."""
    if said.type == "TransformationEvent":
        return "Used to make something else" if said.role == "input" else "Made"
    own = STEPS.get(said.step)
    if own is None and said.step:
        own = said.step.rstrip("/").replace("#", "/").replace(":", "/").rpartition("/")[2].replace("_", " ")
    return own or _TYPES.get((said.type, said.action), "Seen")


def when(instant: int) -> str:
    """A moment on the clock of UTC; the months in words, since numbers are read in several orders."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M} UTC"


_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)


def name(passage: Passage, id: str, *heeded: Speaker) -> str:
    """What it is called by itself or by those `heeded`, who tell what stands beside it. Else its number, with
    who calls it what: nobody's word about others stands there as if it were so.
    """
    called = passage.names.get(id) or passage.names.get(class_of(id) or "")
    if called is None:
        return number(id)
    if called.stands_alone(*heeded):
        return called.text
    by = passage.names.get(called.speaker.party)
    who = by.text if by and by.stands_alone() else number(called.speaker.party)
    return f"{number(id)} (called \u201c{called.text}\u201d by {who})"


def goods(passage: Passage, item: str) -> str:
    """What goods are called by themselves or by who first says that they were made or began, else as `name`
    says it: to look at goods gives nobody's word for them more weight.
    """
    return name(passage, item, *[each.said.speaker for each in passage.steps if _begins(each, item)][:1])


def _begins(step: Step, item: str) -> bool:
    said = step.said
    made = said.role == "output" or (said.type, said.action) == ("ObjectEvent", "ADD")
    return step.item == item and made and said.role != "container"


def goods_and_number(passage: Passage, item: str) -> str:
    """The same, with the number where that is not in it."""
    called, digits = goods(passage, item), number(item)
    return called if called.startswith(digits) else f"{called}, {digits}"


def number(id: str) -> str:
    """An identifier as people read it: which kind of thing, and its number."""
    parts = id.removeprefix("https://id.gs1.org/").split("/")
    kind = _KINDS.get(level(id))
    if kind is None or len(parts) < 2:
        return id
    return f"{kind} {parts[-1]}"


_KINDS = {
    Level.CLASS: "product",
    Level.LOT: "lot",
    Level.SERIAL: "piece",
    Level.LOGISTIC_UNIT: "parcel or pallet",
    Level.ASSET: "container",
    Level.PLACE: "place",
    Level.PARTY: "company",
}


def concerns(passage: Passage, step: Step) -> str:
    """To what it happened, where that is not the package itself."""
    said = step.said
    if step.item != passage.item:
        return f"to what it was made from: {goods_and_number(passage, step.item)}"
    if said.role == "container" and said.via:
        return f"to what it was in: {number(said.via)}"
    return ""


def speaks(passage: Passage, speaker: Speaker) -> str:
    """Who says so, and on whose word."""
    how = _SPEAKING[speaker.level].format(operator=name(passage, speaker.operator, speaker))
    doubt = "; the signing key was reported stolen later" if speaker.suspect else ""
    return f"{name(passage, speaker.party, speaker)}, {how}{doubt}"


def checks(said: Statement) -> tuple[bool, str]:
    """Whether it was proved just now, and in words what that means."""
    if DISPUTED in said.flags:
        return False, "Another company says that this is wrong."
    if CONTRADICTS in said.flags:
        return False, "Another company says otherwise of the same moment."
    if not said.verified:
        return False, "Not proved yet: the record is not fixed on the network's chain so far."
    return True, "Checked just now: unchanged since it was fixed on the network's chain."
