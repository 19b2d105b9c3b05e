"""Whose word is in a dossier what no record shows: the node's that signed it, and nobody else's."""

from dataclasses import replace

import pytest

from tests.dossiers import ERASED, NOW, OTHER_KEY, OTHER_OPERATOR, UPSTREAM, Scene, story
from tests.logs import MILL_KEY, NODE_KEY, OPERATOR, STRANGER_KEY, Log
from tracehold.core.control import Rotate
from tracehold.core.dossier import examine, follows, pack, read_dossier
from tracehold.core.dossier.word import Word, check_word, decode_word, encode_word, sign_word
from tracehold.core.errors import Rejected
from tracehold.core.evidence import Report, StepResult
from tracehold.core.keys import SigningKey

SCENE = story()
FILES = SCENE.entries(UPSTREAM)
TEXT = FILES["answer.json"]


def word(log: Log, key: SigningKey, *indexes: int, text: bytes = TEXT) -> Word:
    """A node's word with these control records of its log."""
    return sign_word(text, key, tuple((log.entries[at], log.receipt(at)) for at in (0, *indexes)))


def checked(said: Word, scene: Scene = SCENE) -> Report:
    """The report of the file with this word."""
    return examine(read_dossier(pack({**FILES, "word.cbor": encode_word(said)})), scene.trust, None, NOW)


def line(report: Report) -> StepResult:
    """The line about it."""
    return next(step for step in report.steps if step.name == "node's word")


def test_the_word_of_a_pinned_node_is_ok():
    """With operator and log; the answer's maker need not have said any of it."""
    report = checked(word(SCENE.logs[1], NODE_KEY))
    assert (report.error, report.state) == (None, "FINAL")
    assert (line(report).number, line(report).status, line(report).required) == (12, "ok", True)
    assert line(report).detail.startswith(f"{OPERATOR}, by the node key of log {SCENE.logs[1].id.hex()}")


def test_without_a_word_it_is_said():
    """The file holds all the same."""
    report = examine(read_dossier(pack(FILES)), SCENE.trust, None, NOW)
    assert report.error is None
    assert (line(report).status, line(report).required) == ("not checked", False)
    assert "nobody's word" in line(report).detail


def test_the_key_that_replaced_another_signs():
    """With the rotation; without it that key is nobody's."""
    log = Log()
    at = log.say(Rotate(STRANGER_KEY.public))
    assert check_word(word(log, STRANGER_KEY, at), TEXT).operator == OPERATOR
    for said in (word(log, STRANGER_KEY), word(log, NODE_KEY, at)):
        with pytest.raises(Rejected):
            check_word(said, TEXT)


def test_attack_word_of_a_log_that_anybody_makes():
    """It names the operator, and no trust file pins it: that is all that is said."""
    own = Log(node_key=STRANGER_KEY)
    report = checked(word(own, STRANGER_KEY))
    assert report.error is None
    assert (line(report).status, line(report).required) == ("not checked", False)
    assert "no trust file pins" in line(report).detail


OTHERS = {
    "another answer": word(SCENE.logs[1], NODE_KEY, text=TEXT + b" "),
    "another node's key": word(SCENE.logs[1], OTHER_KEY),
    "a party's key": word(SCENE.logs[1], MILL_KEY),
    "another log": replace(word(SCENE.logs[1], NODE_KEY), controls=word(SCENE.logs[2], OTHER_KEY).controls),
    "no header": replace(
        word(SCENE.logs[1], NODE_KEY), controls=((SCENE.logs[1].entries[1], SCENE.logs[1].receipt(1)),)
    ),
    "signature cut": replace(word(SCENE.logs[1], NODE_KEY), signature=b"\1" * 63),
}


@pytest.mark.parametrize("name", OTHERS)
def test_attack_word_that_its_node_did_not_give(name: str):
    """The file is false, though its records hold: somebody put words into a node's mouth."""
    report = checked(OTHERS[name])
    assert (report.error.code if report.error else "", report.state) == ("PROOF_INVALID", "UNVERIFIED")
    assert line(report).status == "failed"
    with pytest.raises(Rejected) as refusal:
        follows(read_dossier(pack({**FILES, "word.cbor": encode_word(OTHERS[name])})))
    assert refusal.value.code == "PROOF_INVALID"


def test_attack_gaps_taken_out_under_a_word():
    """The node said that a record was erased. The answer without that would hold, and is not what it said."""
    told = SCENE.entries(UPSTREAM, ERASED)["answer.json"]
    said = word(SCENE.logs[2], OTHER_KEY, text=told)
    assert check_word(said, told).operator == OTHER_OPERATOR
    error = checked(said).error
    assert error is not None
    assert error.code == "PROOF_INVALID"


@pytest.mark.parametrize("raw", [b"", b"\xa0", b"\x80", encode_word(Word(b"", ()))])
def test_word_without_form(raw: bytes):
    """MALFORMED_PROOF."""
    with pytest.raises(Rejected) as refusal:
        decode_word(raw)
    assert refusal.value.code == "MALFORMED_PROOF"
