"""Dossiers of what several items have in common, and of what is called back: what holds, what is refused."""

import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from tests.dossiers import BREAD, FLOUR, GRAIN, NOW, Scene, story
from tests.journey.network import begun, looked, made, packed, seen
from tests.logs import FARM, MILL
from tracehold.core.dossier import Kind, Question, encode_answer, encode_group, examine, group_name, pack
from tracehold.core.dossier import read_dossier as read
from tracehold.core.dossier.deriving import facts_of
from tracehold.core.errors import Rejected
from tracehold.core.evidence import Report
from tracehold.core.lineage import STANDING, recall, recalled, state

SHOP = "https://id.gs1.org/417/9521000000063"
CAKE, PALLET, SILO = "urn:x:cake", "urn:x:pallet", {"id": "urn:x:silo"}
COMMON = Question(Kind.COMMON, "", items=(BREAD, CAKE))
RECALL = Question(Kind.RECALL, "", items=(GRAIN,))


def shipped() -> Scene:
    """Bread and cake of one flour, the bread on a pallet that is on its way to a shop."""
    scene = story()
    scene.say(made([FLOUR], [CAKE], 21, bizLocation=SILO), node=2)
    scene.say(packed(PALLET, [BREAD], 25), node=2)
    to = [{"type": "possessing_party", "destination": SHOP}]
    scene.say(looked(PALLET, 30, bizStep="shipping", destinationList=to), node=2)
    scene.say(begun("urn:x:elsewhere", 1))
    return scene


SCENE = shipped()
FILES = {question.kind: SCENE.entries(question) for question in (COMMON, RECALL)}


def checked(raw: bytes, scene: Scene = SCENE) -> Report:
    """The report, by the scene's trust."""
    return examine(read(raw), scene.trust, None, NOW)


def outcome(raw: bytes) -> str:
    """The code with which the file is refused; empty where it holds."""
    try:
        error = checked(raw).error
    except Rejected as refusal:
        error = refusal
    return error.code if error else ""


def told(kind: Kind, change: Callable[[Any], object]) -> bytes:
    """The file with a change of its answer."""
    document = json.loads(FILES[kind]["answer.json"])
    change(document)
    spelled = json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"
    return pack({**FILES[kind], "answer.json": spelled})


def answer(kind: Kind) -> Any:
    """The answer of the file."""
    return json.loads(FILES[kind]["answer.json"])["answer"]


def test_what_is_in_common_holds():
    """Ancestors with their depths, places, and parties with the statements of each item."""
    report = checked(pack(FILES[Kind.COMMON]))
    assert (report.error, report.state) == (None, "FINAL")
    found = answer(Kind.COMMON)
    assert [(each["item"], each["depths"]) for each in found["items"]] == [(FLOUR, [1, 1]), (GRAIN, [2, 2])]
    assert [each["party"] for each in found["parties"]] == [FARM, MILL]
    assert found["places"] == []
    assert {len(each["toldBy"]) for each in found["parties"]} == {2}
    assert not any(line.name == "contacts" for line in report.steps)


def test_what_is_called_back_holds():
    """What is affected, of what, and how each stands, in whose hands; contacts are not checked."""
    report = checked(pack(FILES[Kind.RECALL]))
    assert (report.error, report.state) == (None, "FINAL")
    found = answer(Kind.RECALL)
    assert [(each["item"], each["depth"], each["comesFrom"]) for each in found["items"]] == [
        (FLOUR, 1, [GRAIN]),
        (BREAD, 2, [GRAIN]),
        (CAKE, 2, [GRAIN]),
    ]
    stands = {each["item"]: each for each in found["standing"]}
    assert list(stands) == [GRAIN, FLOUR, BREAD, CAKE]
    assert [each["parent"] for each in stands[BREAD]["around"]] == [PALLET]
    (hands,) = stands[BREAD]["custodians"]
    assert (hands["party"], hands["boundFor"]) == (MILL, SHOP)
    assert [each["place"] for each in stands[CAKE]["places"]] == ["urn:x:silo"]
    (line,) = [line for line in report.steps if line.name == "contacts"]
    assert (line.status, line.required) == ("not checked", False)
    assert "master data" in line.detail


def test_the_walk_of_a_recall_is_recall_and_state():
    """The same rows, and the same states, as where they are asked for one by one."""
    facts = list(facts_of(SCENE.verified(SCENE.told)).values())

    def whole(walk: Any) -> Any:
        while not walk.done:
            walk.wanted()
            walk.feed(facts)
        return walk.result()

    found = whole(recalled([GRAIN]))
    assert found.affected == whole(recall([GRAIN]))
    assert dict(found.stands) == {item: whole(state(item)) for item in (GRAIN, FLOUR, BREAD, CAKE)}
    assert not found.truncated
    assert STANDING == 2_000


def test_of_too_many_it_is_not_told_how_they_stand(monkeypatch: pytest.MonkeyPatch):
    """The first by depth and name, and that is said."""
    monkeypatch.setattr(import_module("tracehold.core.lineage.recall"), "STANDING", 2)
    scene = shipped()
    raw = scene.dossier(RECALL)
    found = read(raw).answer
    assert [each["item"] for each in found["standing"]] == [GRAIN, FLOUR, BREAD]
    assert (len(found["items"]), found["truncated"], found["complete"]) == (3, True, False)
    assert checked(raw, scene).error is None


CHANGED: dict[str, tuple[Kind, Callable[[Any], object]]] = {
    "an ancestor less": (Kind.COMMON, lambda d: d["answer"]["items"].pop()),
    "another depth": (Kind.COMMON, lambda d: d["answer"]["items"][0].update(depths=[1, 2])),
    "a party less": (Kind.COMMON, lambda d: d["answer"]["parties"].pop()),
    "a place more": (
        Kind.COMMON,
        lambda d: d["answer"]["places"].append({"place": "urn:x:silo", "toldBy": ["00" * 32] * 2}),
    ),
    "told by another": (Kind.COMMON, lambda d: d["answer"]["parties"][0].update(toldBy=["00" * 32] * 2)),
    "another item asked": (Kind.COMMON, lambda d: d["question"].update(items=[BREAD, FLOUR])),
    "another question": (Kind.COMMON, lambda d: d["question"].update(kind="recall")),
    "an affected item less": (Kind.RECALL, lambda d: d["answer"]["items"].pop()),
    "comes from nothing": (Kind.RECALL, lambda d: d["answer"]["items"][0].update(comesFrom=[])),
    "no standing": (Kind.RECALL, lambda d: d["answer"]["standing"].pop()),
    "another place": (
        Kind.RECALL,
        lambda d: d["answer"]["standing"][3]["places"][0].update(place="urn:x:shop"),
    ),
    "other hands": (
        Kind.RECALL,
        lambda d: d["answer"]["standing"][2]["custodians"][0].update(party=FARM),
    ),
    "bound for nowhere": (
        Kind.RECALL,
        lambda d: d["answer"]["standing"][2]["custodians"][0].update(boundFor=""),
    ),
    "a contact": (Kind.RECALL, lambda d: d["answer"].update(contacts=[])),
    "one more called back": (Kind.RECALL, lambda d: d["question"].update(items=[GRAIN, "urn:x:water"])),
}


@pytest.mark.parametrize("name", CHANGED)
def test_security_answer_that_its_records_do_not_give(name: str):
    """Question or answer: whatever is changed, it does not follow any more."""
    assert outcome(told(*CHANGED[name])) == "PROOF_INVALID"


MALFORMED: dict[str, tuple[Kind, Callable[[Any], object]]] = {
    "one item in common": (Kind.COMMON, lambda d: d["question"].update(items=[BREAD])),
    "nothing called back": (Kind.RECALL, lambda d: d["question"].update(items=[])),
    "an item twice": (Kind.RECALL, lambda d: d["question"].update(items=[GRAIN, GRAIN])),
    "a hundred and one": (
        Kind.RECALL,
        lambda d: d["question"].update(items=[f"urn:x:{n}" for n in range(101)]),
    ),
    "an item and items": (Kind.RECALL, lambda d: d["question"].update(item=GRAIN)),
    "no items": (Kind.RECALL, lambda d: d["question"].pop("items")),
    "items of a number": (Kind.RECALL, lambda d: d["question"].update(items=[1])),
    "another spelling": (
        Kind.RECALL,
        lambda d: d["question"].update(items=["urn:epc:id:sgtin:9521234.054321.7"]),
    ),
    "more than may be reached": (
        Kind.COMMON,
        lambda d: d["question"].update(maxItems=500_000, items=[f"urn:x:{n}" for n in range(5)]),
    ),
    "a direction": (Kind.RECALL, lambda d: d["question"].update(direction="upstream")),
    "no limits": (Kind.RECALL, lambda d: d["question"].pop("maxItems")),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_security_what_is_no_question_is_refused(name: str):
    """Before anything is derived."""
    assert outcome(told(*MALFORMED[name])) == "MALFORMED_PROOF"


@pytest.mark.parametrize("question", [COMMON, RECALL], ids=lambda each: str(each.kind))
def test_attack_a_record_left_out(question: Question):
    """Each that the answer names: the rest does not give it, be it listed or not."""
    about = SCENE.about(question)
    named = {each["fingerprint"] for each in answer(question.kind)["events"]}
    assert len(named) >= 4
    said = SCENE.said()
    for gone in (each for each in about if SCENE.name(each).hex() in named):
        rest = [each for each in about if each is not gone]
        text = encode_answer(question, SCENE.answer(question, said, about), SCENE.places(rest), said)
        groups = {group_name(n): encode_group(group) for n, group in enumerate(SCENE.groups(rest))}
        assert outcome(pack({"answer.json": text, **groups})) == "PROOF_INVALID"
        assert outcome(pack({**FILES[question.kind], **groups})) == "PROOF_INVALID"


@pytest.mark.parametrize(
    "question",
    [
        COMMON,
        RECALL,
        Question(Kind.RECALL, "", items=("urn:x:poisoned-flour",)),
        Question(Kind.COMMON, "", items=("urn:x:a", "urn:x:b")),
    ],
    ids=lambda each: f"{each.kind} {each.asked[0]}",
)
def test_attack_a_record_about_something_else(question: Question):
    """It is no part of the answer, and no ground for one that says that nothing is affected."""
    true = SCENE.about(question)
    listed = [*true, SCENE.told[-1]]
    said = SCENE.said()
    text = encode_answer(question, SCENE.answer(question, said, true), SCENE.places(listed), said)
    groups = {group_name(n): encode_group(group) for n, group in enumerate(SCENE.groups(listed))}
    report = checked(pack({"answer.json": text, **groups}))
    assert (report.error.code if report.error else "", report.steps[10].status) == ("PROOF_INVALID", "failed")


def test_many_items_are_named_in_short():
    """Five, and how many others."""
    scene = shipped()
    scene.say(seen(GRAIN, 6))
    items = (GRAIN, *(f"urn:x:{n}" for n in range(9)))
    report = checked(scene.dossier(Question(Kind.RECALL, "", items=items)), scene)
    assert report.error is None
    assert report.steps[10].detail.startswith(
        f"recall of {GRAIN}, urn:x:0, urn:x:1, urn:x:2, urn:x:3 and 5 others"
    )
