"""Dossiers: what is verified of an answer, and that it follows from its records."""

import json
from dataclasses import replace

import pytest

from tests.dossiers import BREAD, ERASED, FLOUR, GRAIN, NOW, UPSTREAM, Scene, story
from tests.journey.network import begun, made, packed, seen
from tests.logs import MILL
from tracehold.core.dossier import (
    Kind,
    Question,
    decode_group,
    encode_group,
    examine,
    follows,
    pack,
    read_dossier,
)
from tracehold.core.evidence import Report
from tracehold.core.lineage import Direction, Gap, GapReason

QUESTIONS = [
    UPSTREAM,
    Question(Kind.TRACE, GRAIN, Direction.DOWNSTREAM, max_depth=1),
    Question(Kind.TRACE, BREAD, at=1_772_323_900_000_000, strict_time=True),
    Question(Kind.TRACE, BREAD, known_at=NOW),
    Question(Kind.HISTORY, FLOUR),
    Question(Kind.CONTENTS, "urn:x:pallet"),
    Question(Kind.STATE, "urn:x:box"),
    Question(Kind.STATE, BREAD),
]


def checked(scene: Scene, raw: bytes) -> Report:
    """The report, by the scene's trust."""
    return examine(read_dossier(raw), scene.trust, None, NOW)


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_answers_of_two_logs_hold(question: Question):
    """FINAL: every step for every record, and the answer derived again."""
    scene = story()
    scene.say(packed("urn:x:pallet", ["urn:x:box"], 30))
    raw = scene.dossier(question)
    report = checked(scene, raw)
    assert report.error is None
    assert report.state == "FINAL"
    assert [line.status for line in report.steps if line.required] == ["ok"] * 11
    assert {ground.by for ground in report.grounds} == {"blocks"}
    follows(read_dossier(raw))


def test_the_same_answer_has_the_same_bytes():
    """In two scenes that are told alike."""
    assert story().dossier(UPSTREAM) == story().dossier(UPSTREAM)


def test_what_is_not_checked_is_said():
    """What was searched, gaps and flags are the node's word; and the lines of evidence stand there too."""
    scene = story()
    report = checked(scene, scene.dossier(UPSTREAM, ERASED))
    told = {line.name: line.detail for line in report.steps if not line.required}
    assert report.error is None
    assert told.keys() == {"node's word", "completeness", "gaps", "revocations", "holders"}
    assert "2 logs" in told["completeness"]
    assert told["gaps"].startswith("1 gaps")


def test_records_outside_of_what_was_searched_are_counted():
    """The node names less than it shows."""
    scene = story()
    entries = scene.entries(UPSTREAM)
    document = json.loads(entries["answer.json"])
    log = next(iter(document["said"]["searched"]))
    document["said"]["searched"][log] = [[0, 1]]
    entries["answer.json"] = json.dumps(document, sort_keys=True, indent=1).encode() + b"\n"
    told = {line.name: line.detail for line in checked(scene, pack(entries)).steps}
    assert "2 records lie outside" in told["completeness"]


def test_an_erased_record_is_a_gap_and_no_word_of_what_it_said():
    """Its item is not called never commissioned: nothing is said about what it does not say."""
    scene = story()
    told = scene.told[1:]  # the event that began the grain was redacted
    scene.told = told
    document = json.loads(scene.entries(UPSTREAM, ERASED)["answer.json"])
    assert document["answer"]["gaps"] == []
    assert [gap["reason"] for gap in document["said"]["gaps"]] == ["erased"]
    assert not document["answer"]["complete"]
    assert checked(scene, scene.dossier(UPSTREAM, ERASED)).error is None
    without = json.loads(scene.entries(UPSTREAM)["answer.json"])
    assert [gap["reason"] for gap in without["answer"]["gaps"]] == ["never_commissioned"]


def test_a_dispute_is_shown_and_not_applied():
    """Another speaker declares the farm's event an error: it stays, with a flag that is derived again."""
    scene = story()
    declaration = json.loads(begun(GRAIN, 0))
    declaration["errorDeclaration"] = {
        "declarationTime": "2026-03-02T00:00:00Z",
        "reason": "did_not_occur",
    }
    scene.say(json.dumps(declaration).encode(), node=2, party=MILL)
    document = json.loads(scene.entries(UPSTREAM)["answer.json"])
    flags = {event["timeMicros"]: event["flags"] for event in document["answer"]["events"]}
    assert flags[min(flags)] == ["DISPUTED"]
    assert checked(scene, scene.dossier(UPSTREAM)).error is None
    scene.told.pop()
    plain = json.loads(scene.entries(UPSTREAM)["answer.json"])
    assert all(event["flags"] == [] for event in plain["answer"]["events"])


PIECE = "https://id.gs1.org/01/09521000001237/21/1"
IN, OTHER = "https://id.gs1.org/00/095212340000000020", "https://id.gs1.org/00/095212340000000013"
DOUBTED = [
    Question(Kind.TRACE, "urn:x:rolls"),
    Question(Kind.TRACE, PIECE, Direction.DOWNSTREAM),
    Question(Kind.HISTORY, PIECE),
    Question(Kind.CONTENTS, IN),
    Question(Kind.COMMON, "", items=("urn:x:rolls", "urn:x:pie")),
    Question(Kind.RECALL, "", items=(PIECE,)),
]


@pytest.mark.parametrize("question", DOUBTED, ids=lambda each: each.kind)
def test_a_contradiction_is_shown_and_derived_again(question: Question):
    """The mill packed the piece elsewhere at that moment: who takes the flag away is found out."""
    scene = story()
    scene.say(begun(PIECE, 1))
    scene.say(packed(IN, [PIECE], 30))
    rival = scene.name(scene.say(packed(OTHER, [PIECE], 30), node=2)).hex()
    scene.say(made([IN], ["urn:x:rolls"], 40))
    scene.say(made([IN], ["urn:x:pie"], 41))
    entries = scene.entries(question)
    document = json.loads(entries["answer.json"])
    (told,) = [each for each in document["answer"]["events"] if each["fingerprint"] == rival]
    assert told["flags"] == ["CONTRADICTS"]
    assert checked(scene, pack(entries)).error is None
    told["flags"] = []
    spelled = json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"
    error = checked(scene, pack({**entries, "answer.json": spelled})).error
    assert error is not None
    assert error.code == "PROOF_INVALID"


def test_own_error_declaration_takes_the_event_back():
    """The same speaker: the event is in the file, and not in the answer."""
    scene = story()
    declaration = json.loads(made([FLOUR], [BREAD], 20))
    declaration["errorDeclaration"] = {"declarationTime": "2026-03-02T00:00:00Z"}
    scene.say(json.dumps(declaration).encode(), node=2)
    document = json.loads(scene.entries(UPSTREAM)["answer.json"])
    assert document["answer"]["items"] == []
    assert len(document["records"]) == 2
    assert checked(scene, scene.dossier(UPSTREAM)).error is None


def test_sealed_records_are_not_yet_anchored():
    """A group without an anchor: NOT_ANCHORED, whatever else holds; OVERDUE after the promised time."""
    scene = story()
    files = scene.entries(UPSTREAM)
    name = "evidence/00000.cbor"
    files[name] = encode_group(replace(decode_group(files[name]), anchor=None))
    dossier = read_dossier(pack(files))
    report = examine(dossier, scene.trust, None, NOW)
    assert report.error is not None
    assert (report.error.code, report.state) == ("NOT_ANCHORED", "SEALED")
    late = examine(dossier, scene.trust, None, NOW + 10**8).error
    assert late is not None
    assert late.code == "OVERDUE"


def test_an_item_that_nobody_named_proves_nothing():
    """No record, no proof: false, though nothing in it is."""
    scene = story()
    scene.told = []
    report = checked(scene, scene.dossier(Question(Kind.TRACE, "urn:x:nothing")))
    assert report.error is not None
    assert report.error.code == "PROOF_INVALID"
    assert "nothing is proved" in report.error.message


def test_gap_that_the_rules_find_is_derived():
    """The water of the bread is of unknown origin."""
    scene = story()
    scene.say(made([FLOUR, "urn:x:water"], [BREAD], 21), node=2)
    scene.say(seen("urn:x:water", 1), node=2)
    document = json.loads(scene.entries(UPSTREAM)["answer.json"])
    assert document["answer"]["gaps"] == [
        {
            "item": "urn:x:water",
            "reason": str(GapReason.NEVER_COMMISSIONED),
            "detail": "no event in sight made or commissioned it",
        }
    ]
    kept_back = Gap("urn:x:water", GapReason.ACCESS_REFUSED, "there are records that you may not read")
    assert json.loads(scene.entries(UPSTREAM, kept_back)["answer.json"])["answer"]["gaps"] == []
