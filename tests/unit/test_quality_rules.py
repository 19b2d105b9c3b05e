"""Rules of quality: what each finds, and what it must not find."""

from dataclasses import replace

import pytest

from tests.unit.quality_facts import (
    BREAD,
    DAY,
    DEPOT,
    FARM,
    FLOUR,
    SHOP,
    A,
    B,
    C,
    P,
    Q,
    R,
    again,
    all_found,
    begin,
    end,
    join,
    make,
    name,
    order_of,
    pack,
    receive,
    see,
    seen_in,
    ship,
    unpack,
    void,
)  # fmt: skip
from tracehold.core.lineage import emptied
from tracehold.core.quality import Kind, Subject, judge

FOUND = {
    "packed into another": ([pack(1, P, A), pack(2, Q, A)], {(1, "PACKED_ELSEWHERE", 0)}),
    "seen in another": ([pack(1, P, A), seen_in(2, Q, A)], {(1, "PACKED_ELSEWHERE", 0)}),
    "only the other was taken out": (
        [pack(1, P, A, B), unpack(2, P, B), pack(3, Q, A, B)],
        {(2, "PACKED_ELSEWHERE", 0)},
    ),
    "built into two": ([join(1, P, A), join(2, Q, A)], {(1, "PACKED_ELSEWHERE", 0)}),
    "used before made": ([begin(5, A), see(2, A)], {(1, "USED_BEFORE_MADE", 0)}),
    "a lot put in before its run": (
        [make(2, ((FLOUR, 5),), ((BREAD, 5),)), begin(3, (FLOUR, 9))],
        {(0, "USED_BEFORE_MADE", 1)},
    ),
    "a container packed before it was commissioned": (
        [begin(5, P), pack(2, P, A)],
        {(1, "USED_BEFORE_MADE", 0)},
    ),
    "packed after it was put in": ([make(1, (A,), (B,)), pack(2, P, A)], {(1, "USED_AFTER_CONSUMED", 0)}),
    "put in twice": ([make(1, (A,), (B,)), make(2, (A,), (C,))], {(1, "USED_AFTER_CONSUMED", 0)}),
    "seen after decommissioning": ([begin(1, A), end(2, A), see(3, A)], {(2, "USED_AFTER_CONSUMED", 1)}),
    "a process puts out more": (
        [make(1, ((FLOUR, 5),), ((BREAD, 6),))],
        {(0, "MORE_OUT_THAN_IN", None)},
    ),
    "a process over several events puts out more": (
        [
            make(1, ((FLOUR, 5),), (), transformation_id="run"),
            make(2, (), ((BREAD, 4),), transformation_id="run"),
            make(3, (), ((BREAD, 2),), transformation_id="run"),
        ],
        {(1, "MORE_OUT_THAN_IN", 0), (2, "MORE_OUT_THAN_IN", 0)},
    ),
    "more of a lot is put in than was made": (
        [begin(1, (FLOUR, 5)), make(2, ((FLOUR, 3),), (A,)), make(3, ((FLOUR, 3),), (B,))],
        {(2, "MORE_USED_THAN_MADE", 0)},
    ),
    "more of a lot is decommissioned than was made": (
        [begin(1, (FLOUR, 5)), end(2, (FLOUR, 6))],
        {(1, "MORE_USED_THAN_MADE", 0)},
    ),
    "more is taken out of a container": (
        [pack(1, P, (FLOUR, 5)), unpack(2, P, (FLOUR, 6))],
        {(1, "MORE_UNPACKED_THAN_PACKED", 0)},
    ),
    "received from nowhere": ([receive(2, A)], {(0, "RECEIVED_NOT_SHIPPED", None)}),
    "received before it was shipped": (
        [ship(3, A), receive(2, A), receive(4, A)],
        {(1, "RECEIVED_NOT_SHIPPED", None)},
    ),
    "received at a third place with no second shipment": (
        [ship(1, A), receive(2, A), receive(3, A, place=DEPOT)],
        {(2, "RECEIVED_NOT_SHIPPED", None)},
    ),
    "received, taken out of the container before it was shipped": (
        [pack(1, P, A, B), unpack(2, P, A), ship(3, P), receive(4, A)],
        {(3, "RECEIVED_NOT_SHIPPED", None)},
    ),
    "elsewhere with no receipt": (
        [ship(1, A), see(3, A, read_point=SHOP)],
        {(0, "SHIPPED_NOT_RECEIVED", 1)},
    ),
    "shipped on with no receipt": (
        [ship(1, A), ship(3, A, place=SHOP)],
        {(0, "SHIPPED_NOT_RECEIVED", 1)},
    ),
}

QUIET = {
    "unpacked between": [pack(1, P, A), unpack(2, P, A), pack(3, Q, A)],
    "emptied between": [pack(1, P, A, B), unpack(2, P), pack(3, Q, A)],
    "into two at one instant": [pack(1, P, A), pack(1, Q, A)],
    "made anew at the instant of the next": [begin(0, A), pack(1, P, A), pack(2, Q, A), begin(2, A)],
    "shipped and elsewhere at one instant": [ship(1, A), see(1, A, read_point=SHOP)],
    "received at two places at one instant": [ship(1, A), receive(1, A), receive(1, A, place=DEPOT)],
    "a hall whose sensors read at a receipt": [
        replace(see(1, SHOP, step="receiving", place=SHOP), sensed=(DAY, DAY)),
    ],
    "into the same again": [pack(1, P, A), pack(2, P, A)],
    "through both at one instant": [pack(1, P, A), unpack(1, P, A), pack(1, Q, A)],
    "left at the instant of the next": [pack(1, P, A), pack(2, Q, A), unpack(2, P, A)],
    "nested": [pack(1, P, A), pack(2, Q, P), pack(3, R, Q)],
    "part of one, packed in another": [join(1, P, A), pack(2, Q, A)],
    "half here, half there": [pack(1, P, (FLOUR, 5)), pack(2, Q, (FLOUR, 5))],
    "ordered before made": [begin(5, A), order_of(2, A)],
    "never made in sight": [see(2, A), pack(3, P, A)],
    "made and used at one instant": [begin(2, A), pack(2, P, A)],
    "rework": [make(1, (A,), (A,)), see(2, A), make(3, (A,), (A,)), see(4, A)],
    "taken out after it was used up": [pack(1, P, A), make(2, (A,), (B,)), unpack(3, P, A), end(4, A)],
    "a tote that was put in": [make(1, (P,), (B,)), pack(2, P, A)],
    "named by two events of one process": [
        make(1, (A,), (), transformation_id="run"),
        make(2, (A,), (B,), transformation_id="run"),
    ],
    "commissioned again": [begin(1, A), end(2, A), begin(3, A), see(4, A)],
    "as much as went in": [make(1, ((FLOUR, 0.1), (FLOUR, 0.2)), ((BREAD, 0.3),))],
    "in another unit": [make(1, ((FLOUR, 5),), ((BREAD, 90, "LTR"),))],
    "water is added": [make(1, ((FLOUR, 5), (C, 3, "LTR")), ((BREAD, 6),))],
    "cut to pieces": [make(1, (A,), ((BREAD, 6),)), make(2, (B,), ((FLOUR, 60, "C62"),))],
    "some of what went in is uncounted": [make(1, ((FLOUR, 5), (C, None)), ((BREAD, 6),))],
    "made again before it runs out": [
        begin(1, (FLOUR, 5)), make(2, ((FLOUR, 4),), (A,)),
        begin(3, (FLOUR, 5)), make(4, ((FLOUR, 6),), (B,)),
    ],
    "made uncounted": [begin(1, (FLOUR, None)), make(2, ((FLOUR, 4),), (A,))],
    "used in another unit": [begin(1, (FLOUR, 5)), make(2, ((FLOUR, 400, "GRM"),), (A,))],
    "half taken out twice": [pack(1, P, (FLOUR, 5)), unpack(2, P, (FLOUR, 2)), unpack(3, P, (FLOUR, 3))],
    "taken out of where nothing is known to be": [unpack(3, P, (FLOUR, 3))],
    "one event by one issuer twice, counted once": [
        (run := replace(make(2, ((FLOUR, 4),), (A,)), event_hash="h")), again(run), begin(1, (FLOUR, 5)),
    ],
    "shipped and received": [ship(1, A), receive(2, A)],
    "shipped as a pallet, received as a case": [pack(1, P, A), ship(2, P), unpack(3, P, A), receive(3, A)],
    "shipped as a case, received as a pallet of pallets": [
        pack(1, P, A), ship(2, A), pack(3, Q, P), ship(3.5, Q), receive(4, Q), see(5, A, read_point=SHOP),
    ],
    "shipped and on its way": [ship(1, A), see(2, A, step="transporting", read_point=DEPOT)],
    "shipped and not seen since": [ship(1, A)],
    "seen where it was shipped from": [ship(1, A), see(2, A, read_point=FARM)],
    "its shipment was called off": [
        ship(1, A), see(2, A, step="void_shipping", read_point=FARM), see(3, A, read_point=SHOP),
    ],
    "erased": [emptied(pack(1, P, A)), pack(2, Q, A)],
}  # fmt: skip


@pytest.mark.parametrize("story", FOUND)
def test_finds(story: str) -> None:
    """Each story has its findings, and no others."""
    facts, expected = FOUND[story]
    assert all_found(*facts) == expected


@pytest.mark.parametrize("story", QUIET)
def test_finds_nothing(story: str) -> None:
    """What is in order is not warned about."""
    assert all_found(*QUIET[story]) == set()


def test_ties_do_not_hang_on_spelling() -> None:
    """Of two boxes at one instant the same one is the last, whatever the fingerprints of their records."""
    first, second, later = pack(1, P, A), pack(1, Q, A), pack(2, R, A)
    for number in (1 << 200, 1 << 201):
        spelt = replace(first, fingerprint=name(number))
        assert all_found(spelt, second, later) == {(2, "PACKED_ELSEWHERE", 1)}


def test_places_in_the_payload() -> None:
    """Of goods where they stand in their lists, also where sensors read; of a hall where it is named."""
    watched = replace(see(1, A, B, step="receiving"), sensed=(DAY, DAY))
    assert [found.path for found in judge(Subject(Kind.ITEM, B), [watched])] == ["/epcList/1"]
    plain = replace(watched, step=None)
    assert [found.path for found in judge(Subject(Kind.ITEM, B), [plain, begin(2, B)])] == ["/epcList/1"]
    hall = replace(see(1, SHOP, place=SHOP), sensed=(DAY, DAY))
    assert [found.path for found in judge(Subject(Kind.ITEM, SHOP), [hall, begin(2, SHOP)])] == [
        "/bizLocation/id"
    ]


def test_judge_says_all() -> None:
    """What is kept is cut elsewhere: whoever asks about one event has to hear of that one."""
    moved = [pack(day, (P, Q)[day % 2], A) for day in range(150)]
    assert len(judge(Subject(Kind.ITEM, A), moved)) == 149


def test_taken_back() -> None:
    """A voided event is told so, and what rests on it alone; its own findings go."""
    made = begin(1, A)
    facts = [made, void(made), see(2, A)]
    assert all_found(*facts) == {(0, "VOIDED", 1), (2, "RESTS_ON_VOIDED", 0)}
    wrong = pack(2, Q, A)
    assert all_found(pack(1, P, A), wrong, void(wrong)) == {(1, "VOIDED", 2)}


def test_said_anew() -> None:
    """What is made by another event rests on that."""
    made = begin(1, A)
    assert all_found(made, void(made), begin(1.5, A), see(2, A)) == {(0, "VOIDED", 1)}


def test_taken_back_by_somebody_else() -> None:
    """Another issuer's declaration takes nothing back."""
    made = begin(1, A)
    assert all_found(made, void(made, issuer="other by node"), see(2, A)) == set()


def test_void_by_event_id_alone() -> None:
    """A declaration that was typed anew says so; an exact one does not."""
    made = begin(1, A, event_id="e1")
    typed = void(made, instant=made.instant + 1)
    assert all_found(made, typed) == {(0, "VOIDED", 1), (1, "VOIDED_BY_ID_ALONE", 0)}
    assert all_found(made, void(made)) == {(0, "VOIDED", 1)}


def test_event_id_reused() -> None:
    """By one issuer for two events; not for repeats, by two issuers, or after a correction."""
    one, two = see(1, A, event_id="e1"), see(2, B, event_id="e1")
    assert all_found(one, two) == {(0, "EVENT_ID_REUSED", 1), (1, "EVENT_ID_REUSED", 0)}
    assert all_found(one, again(one)) == set()
    assert all_found(one, replace(two, issuer="other by node")) == set()
    assert all_found(one, void(one), two) == {(0, "VOIDED", 1)}


def test_said_by_others() -> None:
    """The same event hash by two parties; not by one party over two operators, nor without a hash."""
    one = see(1, A, event_hash="h")
    both = all_found(one, again(one, issuer="other by node"))
    assert both == {(0, "SAID_BY_OTHERS", 1), (1, "SAID_BY_OTHERS", 0)}
    assert all_found(one, again(one, issuer="mill by elsewhere")) == set()
    assert all_found(see(1, A), see(1, A, issuer="other by node")) == set()


def test_each_statement_of_an_event_is_told() -> None:
    """What is found of an event is found of each record that states it."""
    moved = replace(pack(2, Q, A), event_hash="h")
    twice = all_found(pack(1, P, A), moved, again(moved))
    assert twice == {(1, "PACKED_ELSEWHERE", 0), (2, "PACKED_ELSEWHERE", 0)}
