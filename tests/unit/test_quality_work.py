"""How much work judging is: twice the facts, twice the steps, whatever the facts are."""

from collections.abc import Callable

import pytest

from tests.steps import steps
from tests.unit.quality_facts import (
    DEPOT,
    FARM,
    FLOUR,
    SHOP,
    A,
    B,
    P,
    Q,
    again,
    begin,
    make,
    pack,
    receive,
    see,
    ship,
    unpack,
    void,
)  # fmt: skip
from tracehold.core.lineage import Fact
from tracehold.core.quality import Kind, Subject, judge

SMALL = 10


def _crate_and_trucks(n: int) -> list[Fact]:
    """In two trucks for a moment long ago, shipped often, and the trucks arrive again and again."""
    packed = [pack(1, P, A), unpack(1.5, P, A), pack(2, Q, A), unpack(2.5, Q, A)]
    shipped = [ship(10 + day / n, A, place=FARM) for day in range(n)]
    trucks = [see(20 + day / n, (P, Q)[day % 2], step="arriving", place=FARM) for day in range(n)]
    return [*packed, *shipped, *trucks]


def _totes(n: int) -> list[Fact]:
    """Received often, after what it once was in departed often."""
    departed = [ship(10 + day / n, (P, Q)[day % 2]) for day in range(n)]
    return [pack(1, P, A), unpack(2, P, A), *departed, *(receive(20 + day, A) for day in range(n))]


def _moved_about(n: int) -> list[Fact]:
    """From one box to the other, in a truck that is emptied as often as it is packed."""
    boxes = [pack(day, (P, Q)[day % 2], A) for day in range(n)]
    trucks = [pack(day + 0.5, "urn:x:truck", P, Q) for day in range(n)]
    return [*boxes, *trucks, *(unpack(day + 0.75, "urn:x:truck") for day in range(n)), ship(n, A)]


def _many_boxes_in_one_truck(n: int) -> list[Fact]:
    """In a new box every day, and each box in the one truck, which is emptied every day."""
    boxes = [pack(day, f"urn:x:box{day}", A) for day in range(n)]
    loaded = [pack(0.5, "urn:x:truck", *(f"urn:x:box{day}" for day in range(n)))]
    return [*boxes, *loaded, *(unpack(day + 0.75, "urn:x:truck") for day in range(n)), ship(n, A)]


def _at_one_instant(n: int) -> list[Fact]:
    """All of it on one day, as systems say it that know only the day."""
    return [*(pack(1, f"urn:x:box{each}", A) for each in range(n)), *(receive(1, A) for _ in range(n))]


def _one_event_id(n: int) -> list[Fact]:
    """Real data reuses ids; one declaration has it too."""
    said = [see(day, A, event_id="e") for day in range(n)]
    return [*said, void(said[0], instant=1)]


def _declared_on_one_day(n: int) -> list[Fact]:
    """Declarations and events of one instant, none about another."""
    said = [see(1, A, (FLOUR, float(each))) for each in range(n)]
    return [*said, *(void(see(1, A, (B, float(each)))) for each in range(n))]


def _kilos(n: int) -> list[Fact]:
    """Put into ever new boxes that are emptied, one after the other; and used up in as many runs."""
    boxes = [pack(day, f"urn:x:box{day}", (FLOUR, 2)) for day in range(n)]
    emptied = [unpack(n + day, f"urn:x:box{day}") for day in range(n)]
    return [begin(0, (FLOUR, 5)), *boxes, *emptied, *(make(day, ((FLOUR, 1),), (A,)) for day in range(n))]


def _repeats(n: int) -> list[Fact]:
    """One event by many speakers."""
    one = see(1, A, event_hash="h")
    return [again(one, issuer=f"party {each} by node") for each in range(n)]


def _shown_elsewhere(n: int) -> list[Fact]:
    """Shipped often, then shown where it was shipped from, then at another place."""
    shown = [see(20 + day / n, A, place=FARM, read_point=SHOP) for day in range(n)]
    return [*(ship(10 + day / n, A) for day in range(n)), *shown, see(50, A, place=DEPOT)]


@pytest.mark.parametrize(
    ("story", "subject"),
    [
        (_crate_and_trucks, Subject(Kind.ITEM, A)),
        (_totes, Subject(Kind.ITEM, A)),
        (_moved_about, Subject(Kind.ITEM, A)),
        (_many_boxes_in_one_truck, Subject(Kind.ITEM, A)),
        (_at_one_instant, Subject(Kind.ITEM, A)),
        (_one_event_id, Subject(Kind.ITEM, A)),
        (_one_event_id, Subject(Kind.EVENT_ID, "e")),
        (_declared_on_one_day, Subject(Kind.ITEM, A)),
        (_kilos, Subject(Kind.ITEM, FLOUR)),
        (_repeats, Subject(Kind.ITEM, A)),
        (_shown_elsewhere, Subject(Kind.ITEM, A)),
    ],
)
def test_attack_judging_is_work_by_the_facts(story: Callable[[int], list[Fact]], subject: Subject) -> None:
    """One uploader chooses which facts there are of a thing, and no choice makes judging them slow."""
    few, many = story(SMALL), story(4 * SMALL)
    assert steps(lambda: judge(subject, many)) < 4.4 * steps(lambda: judge(subject, few))
