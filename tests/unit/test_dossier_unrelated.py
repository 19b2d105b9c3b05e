"""Records that have nothing to do with what was asked: they prove nothing, and no file with them holds."""

import json
from collections.abc import Sequence

import pytest

from tests.dossiers import BREAD, FLOUR, GRAIN, NOW, Scene, Told, story
from tests.journey.network import begun, seen
from tests.logs import (
    FARM,
    FARM_KEY,
    MILL,
    MILL_KEY,
    NODE_KEY,
    OPERATOR,
    STRANGER_KEY,
    control,
    header,
)
from tracehold.core.control import Enrol, Mandate, Move, Rotate
from tracehold.core.dossier import Kind, Question, encode_answer, encode_group, examine, group_name, pack
from tracehold.core.dossier import read_dossier as read
from tracehold.core.dossier.moving import telling
from tracehold.core.errors import Rejected
from tracehold.core.evidence import Report
from tracehold.core.ids import LogId
from tracehold.core.lineage import Direction
from tracehold.core.record import Kind as Kinds
from tracehold.core.record import fingerprint, parse, sign


def padded(scene: Scene, question: Question, *told: Told, true: Sequence[Told] = ()) -> bytes:
    """The answer that the `true` records give, by default none, in a file with these, all of them listed."""
    said = scene.said()
    text = encode_answer(question, scene.answer(question, said, true), scene.places(told), said)
    groups = {group_name(at): encode_group(group) for at, group in enumerate(scene.groups(told))}
    return pack({"answer.json": text, **groups})


def checked(scene: Scene, raw: bytes) -> Report:
    """The report, by the scene's trust."""
    return examine(read(raw), scene.trust, None, NOW)


def refused(scene: Scene, raw: bytes) -> bool:
    """Whether the answer does not follow, though all its records hold."""
    report = checked(scene, raw)
    assert all(line.status == "ok" for line in report.steps[:10])
    return (report.error.code if report.error else "", report.steps[10].status) == ("PROOF_INVALID", "failed")


@pytest.mark.parametrize(
    "question",
    [
        Question(Kind.TRACE, "urn:x:poisoned-flour", Direction.DOWNSTREAM),
        Question(Kind.TRACE, FLOUR, Direction.DOWNSTREAM),
        Question(Kind.TRACE, BREAD),
        Question(Kind.HISTORY, FLOUR),
        Question(Kind.CONTENTS, FLOUR),
        Question(Kind.STATE, FLOUR),
    ],
    ids=str,
)
def test_attack_nothing_is_known_of_it_proved_by_a_record_about_something_else(question: Question):
    """An anchored record about grain shows nothing of flour, and nothing of an item that nobody named."""
    scene = story()
    assert refused(scene, padded(scene, question, scene.told[1]))


def test_attack_records_taken_out_and_another_put_in():
    """Of the bread all records are gone; one that holds stands in their place."""
    scene = story()
    stranger = scene.say(seen("urn:x:elsewhere", 7))
    assert refused(scene, padded(scene, Question(Kind.HISTORY, BREAD), stranger))


def test_attack_a_record_too_many_in_a_true_answer():
    """An answer of four records does not become one of five."""
    scene = story()
    scene.say(seen("urn:x:elsewhere", 7))
    assert refused(scene, padded(scene, Question(Kind.TRACE, BREAD), *scene.told, true=scene.told[:-1]))


def test_attack_nothing_was_known_proved_by_a_record_of_later():
    """What was not known then tells nothing of what was."""
    scene = story()
    assert refused(scene, padded(scene, Question(Kind.HISTORY, GRAIN, known_at=1), scene.told[0]))


def test_attack_nothing_is_known_of_it_proved_by_control_records():
    """An enrolment is no word about goods."""
    scene = story()
    enrolment = Told(2, 2, MILL)
    assert refused(scene, padded(scene, Question(Kind.HISTORY, GRAIN), enrolment))


def test_attack_control_records_beside_a_true_answer():
    """Nobody moved, so that none is needed."""
    scene = Scene()
    scene.say(begun(GRAIN, 0))
    listed = (*scene.told, Told(2, 2, MILL))
    assert refused(scene, padded(scene, Question(Kind.HISTORY, GRAIN), *listed, true=scene.told))


def test_control_records_that_tell_of_a_move():
    """Where a party of the events moved: all of the logs, but what is said of others alone, and what nobody
    can read.
    """
    move = Move(OPERATOR, LogId(bytes(32)), LogId(bytes([1] * 32)))
    kept = [
        control(Enrol(FARM, FARM_KEY.public), NODE_KEY, OPERATOR),
        control(Rotate(STRANGER_KEY.public), NODE_KEY, OPERATOR),
        control(Mandate(OPERATOR), FARM_KEY, FARM),
        control(move, FARM_KEY, FARM),
    ]
    left_out = [
        control(Enrol(MILL, MILL_KEY.public), NODE_KEY, OPERATOR),
        control(Mandate(OPERATOR), MILL_KEY, MILL),
        control(move, MILL_KEY, MILL),
        sign(header(NODE_KEY, OPERATOR, Kinds.REVOKE), b"\x00", NODE_KEY),
    ]
    controls = {each.fingerprint: each for each in map(parse, kept + left_out)}
    assert telling(controls, {FARM}) == {fingerprint(raw) for raw in kept}
    assert telling(controls, {"urn:x:nobody"}) == frozenset()
    del controls[fingerprint(kept[-1])]
    assert telling(controls, {FARM}) == frozenset()


@pytest.mark.parametrize(
    "item",
    ["urn:epc:id:sgtin:9521234.054321.7", "https://example.com/01/09521234543213/21/7", "urn:x:a\nVERIFIED"],
)
def test_attack_question_in_a_spelling_that_no_record_is_found_under(item: str):
    """It would be true that nothing is known under it."""
    scene = story()
    files = scene.entries(Question(Kind.HISTORY, GRAIN))
    document = json.loads(files["answer.json"])
    document["question"]["item"] = item
    spelled = json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"
    with pytest.raises(Rejected) as refusal:
        read(pack({**files, "answer.json": spelled}))
    assert refusal.value.code == "MALFORMED_PROOF"


def test_question_about_a_malformed_key_is_read():
    """It is a name like any other: real data holds such."""
    scene = Scene()
    item = "urn:epc:id:sgtin:nonsense"
    scene.say(begun(item, 0))
    assert checked(scene, scene.dossier(Question(Kind.HISTORY, item))).error is None
