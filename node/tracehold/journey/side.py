"""One of two answers that are compared: a picture of it, part by part, in words."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Aspect, Gap, Part, Picture
from tracehold.journey.answers import TIME_ORDER, Content, Statement, noted
from tracehold.journey.inquiry import Inquiry
from tracehold.journey.whereabouts import Whereabouts

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Amount = tuple[float | None, str | None]


@dataclass(slots=True)
class Side:
    """The picture, and what the question saw on its way. `asked` are the names of what it is about."""

    inquiry: Inquiry
    asked: tuple[str, ...] = ()
    parts: dict[Part, str] = field(default_factory=dict)
    ties: dict[Part, tuple[Fingerprint, ...]] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    truncated: bool = False

    @property
    def picture(self) -> Picture:
        """As core compares it."""
        return Picture(self.parts, self.inquiry.facts, self.ties)

    def draw(self, part: Part, words: str, *ties: Fingerprint) -> None:
        """The part stands so; where it was drawn before, so too."""
        said = self.parts.get(part, "").split("; ") if part in self.parts else []
        self.parts[part] = "; ".join(dict.fromkeys([*said, words]))
        if ties:
            self.ties[part] = tuple(dict.fromkeys((*self.ties.get(part, ()), *ties)))

    def draw_reached(self, item: str, words: str, via: Sequence[Fingerprint], late: bool) -> None:
        """An item that is tied in by these records; `late`: against the order of time alone."""
        self.draw(Part(Aspect.ITEM, item), f"{words}, {TIME_ORDER}" if late else words, *via)
        for record in via:
            self.draw(Part(Aspect.EDGE, item, record=record), "via")

    def draw_records(self, words: Mapping[Fingerprint, str], against: Collection[Fingerprint] = ()) -> None:
        """Records of the answer, with how each concerns what is asked about, and their flags; `against` are
        those that contradict it.
        """
        for name, said in words.items():
            flags = self.inquiry.statement(name, flags=noted(name, (), against)).flags
            self.parts[Part(Aspect.RECORD, record=name)] = " ".join(filter(None, [said, *flags])) or "shown"

    def draw_statements(self, statements: Iterable[Statement]) -> None:
        """The same of statements; one that stands there twice has the flags of both."""
        flags: dict[Fingerprint, set[str]] = {}
        for each in statements:
            flags.setdefault(each.fingerprint, set()).update(each.flags)
        for name, found in flags.items():
            self.parts[Part(Aspect.RECORD, record=name)] = " ".join(sorted(found)) or "shown"

    def draw_standing(self, item: str, stands: Whereabouts) -> None:
        """How an item stands, and what it is in."""
        for stay in stands.places:
            self.draw(Part(Aspect.PLACE, item, name=stay.place), _since(stay.since), stay.told_by)
        self._draw_around("packed", stands.containers)
        self._draw_around("attached", stands.part_of)
        for each in stands.conditions:
            words = f"{each.word} {_since(each.since)}"
            part = Part(Aspect.CONDITION, item, name=each.word if each.lasting else "")
            self.draw(part, words, each.told_by)
        for one in stands.custodians:
            bound = f"on its way to {one.bound_for} " if one.bound_for else ""
            self.draw(Part(Aspect.PARTY, item, name=one.party), f"{bound}{_since(one.since)}", one.told_by)
        for amount, unit in stands.amounts:
            self.draw(Part(Aspect.AMOUNT, item, name=unit or ""), amount_words((amount, unit)))
        if stands.ended:
            self.draw(Part(Aspect.END, item), "ended")

    def _draw_around(self, way: str, rows: Iterable[Content]) -> None:
        for row in rows:
            known = row.quantity is not None or row.uom
            words = held_words(way, [(row.quantity, row.uom)] if known else [], row.since)
            self.draw(Part(Aspect.EDGE, row.item, row.parent), words, row.opened_by)


def held_words(way: str, amounts: Sequence[Amount], since: int) -> str:
    """How something is in something else: `packed 5 KGM since 2026-03-01T00:00:00Z`."""
    counted = " and ".join(map(amount_words, amounts))
    return " ".join(filter(None, [way, counted, _since(since)]))


def amount_words(amount: Amount) -> str:
    """An amount with its unit; `some` where it was never counted."""
    counted, unit = amount
    return " ".join(filter(None, ["some" if counted is None else f"{counted:g}", unit]))


def _since(microseconds: int) -> str:
    return "since " + (EPOCH + timedelta(microseconds=microseconds)).isoformat().replace("+00:00", "Z")
