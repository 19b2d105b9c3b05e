"""`tracehold state`, `common` and `recall` against a running node: answers, JSON, exit codes."""

import json
from typing import NamedTuple

import pytest

from tests.e2e.conftest import SENDER
from tests.e2e.signing import event
from tests.e2e.test_commands import Command, answer, tracehold

__all__ = ["tracehold"]

STORE = "https://id.gs1.org/414/9521000000018"


class Story(NamedTuple):
    """Two pies of one dough, the first of them in the store."""

    dough: str
    pie: str
    other: str


@pytest.fixture(scope="module")
def story(tracehold: Command, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Told by one party, FINAL and indexed."""
    told = Story(*(SENDER.piece(8, name).link for name in ("DOUGH", "PIE", "OTHER")))
    folder = tmp_path_factory.mktemp("story")
    made = [_made(told.dough, pie, at) for at, pie in enumerate((told.pie, told.other))]
    seen = event(told.pie, action="OBSERVE", eventTime="2026-03-02T00:00:00Z", bizLocation={"id": STORE})
    for at, body in enumerate((*made, seen)):
        (folder / f"{at}.json").write_bytes(body)
    files = [str(folder / f"{at}.json") for at in range(3)]
    found = answer(tracehold("upload", *files, "--wait-for", "FINAL", "--json"))
    assert {each["state"] for each in found["results"]} == {"FINAL"}
    return told


def _made(dough: str, pie: str, hour: int) -> bytes:
    body = json.loads(event(dough))
    for name in ("epcList", "action"):
        body.pop(name, None)
    body |= {"type": "TransformationEvent", "eventTime": f"2026-03-01T0{hour}:00:00Z"}
    return json.dumps({**body, "inputEPCList": [dough], "outputEPCList": [pie]}).encode()


def test_state(tracehold: Command, story: Story):
    """Where it is and who says so; the same for people."""
    found = answer(tracehold("state", story.pie, "--json"))
    assert (found["place"], found["ended"]) == (STORE, False)
    assert [each["party"] for each in found["custodians"]] == [SENDER.party.link]
    assert found["events"][-1]["verified"] is True
    before = answer(tracehold("state", story.pie, "--at", "2026-03-01T12:00:00Z", "--json"))
    assert before["place"] == ""
    shown = tracehold("state", story.pie)
    assert shown.returncode == 0, shown.stderr
    assert STORE in shown.stdout
    assert SENDER.party.link in shown.stdout


def test_common(tracehold: Command, story: Story):
    """The dough is behind both pies."""
    found = answer(tracehold("common", story.pie, story.other, "--json"))
    assert [(each["item"], each["depths"]) for each in found["items"]] == [(story.dough, [1, 1])]
    assert [each["id"] for each in found["parties"]] == [SENDER.party.link]
    assert story.dough in tracehold("common", story.pie, story.other).stdout


def test_recall(tracehold: Command, story: Story):
    """Both pies, one of them known to be in the store."""
    found = answer(tracehold("recall", story.dough, "--verify", "full", "--json"))
    assert {each["item"]: each["place"] for each in found["items"]} == {story.pie: STORE, story.other: ""}
    assert all(each["signatureChecked"] for each in found["events"])
    shown = tracehold("recall", story.dough)
    assert shown.returncode == 0, shown.stderr
    assert f"{SENDER.party.link}: 2 items" in shown.stdout
    assert STORE in shown.stdout
    strange = answer(tracehold("recall", SENDER.piece(8, "NOTHING").link, "--json"))
    assert strange["items"] == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("state", "javascript:alert(1)"), 1),
        (("common", "urn:x:1"), 2),
        (("common", "urn:x:1", "urn:x:1"), 2),
        (("recall", "x", "--at", "yesterday"), 2),
        (("recall", "x", "--max-depth", "1001"), 2),
        (("recall",), 2),
        (("state", "x", "--node", "127.0.0.1:1"), 5),
    ],
)
def test_exit_codes(tracehold: Command, arguments: tuple[str, ...], code: int):
    """1 refused, 2 malformed, 5 not reachable; none with a traceback."""
    done = tracehold(*arguments)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
