"""Clients in three languages, made from proto/ alone, against a node that runs.

All three programs of examples/tour have the same commands and print the same lines.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.e2e.conftest import SENDER, Running, copied
from tests.e2e.outcomes import wait_until_indexed
from tests.e2e.signing import event
from tests.e2e.touring import MADE, TOUR, Line, Tour
from tests.tooling.tree import ROOT
from tracehold.cli.files import CONFIG_NAME
from tracehold_client import Client, event_json

STATES = ["SEALED", "ANCHORED", "FINAL"]


@pytest.fixture(scope="module", params=list(MADE))
def tour(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tour:
    """The program in one language."""
    return MADE[request.param](tmp_path_factory.mktemp("tour") / request.param)


def said(folder: Path, documents: Sequence[bytes]) -> Path:
    """A file of events, one a line."""
    path = folder / "events.ndjson"
    path.write_bytes(b"".join(document + b"\n" for document in documents))
    return path


def test_upload_is_answered_at_the_state_asked_for(tour: Tour, running: Running, tmp_path: Path):
    """Good items are FINAL, a bad one refuses itself alone; the same again are the same records."""
    file = said(tmp_path, [event(), event(), b"{}", event()])
    first, second = (tour.lines(running, "upload", file, "FINAL") for _ in range(2))
    assert [line["error"] for line in first] == [None, None, "NOT_EPCIS", None]
    assert [line["state"] for line in first] == ["FINAL", "FINAL", "UNSPECIFIED", "FINAL"]
    assert [line["warnings"] for line in second] == [["DUPLICATE"], ["DUPLICATE"], [], ["DUPLICATE"]]
    assert [(line["fingerprint"], line["index"]) for line in first] == [
        (line["fingerprint"], line["index"]) for line in second
    ]


def test_typed_event_is_one_record_from_every_language(tour: Tour, running: Running):
    """What the stubs of one language say, those of another say again: the first answer comes back."""
    item = SENDER.piece(5, "TOURED").link
    (line,) = tour.lines(running, "typed", item)
    assert (line["state"] in STATES, line["error"]) == (True, None)
    (again,) = tour.lines(running, "typed", item)
    assert again["warnings"] == ["DUPLICATE"]
    with Client(running.world.grpc, token=running.authority) as client:
        wait_until_indexed(client)
        assert [each.fingerprint for each in client.history(item).events] == [line["fingerprint"]]


def test_stream_answers_each_batch_in_order(tour: Tour, running: Running, tmp_path: Path):
    """250 events in batches of 40 over one call: seven answers, each with the outcomes of its own events."""
    documents = [event() for _ in range(250)]
    answers = tour.lines(running, "stream", said(tmp_path, documents), "40")
    assert [len(answer["batch"]) for answer in answers] == [40] * 6 + [10]
    told = [each["fingerprint"] for answer in answers for each in answer["batch"]]
    with Client(running.world.grpc, token=running.sender) as client:
        kept = client.upload([event_json(document) for document in documents])
    assert [outcome.fingerprint for outcome in kept] == told
    assert all(outcome.duplicate for outcome in kept)


def test_questions_are_answered(tour: Tour, running: Running, tmp_path: Path):
    """State, verification step by step, and a trace over a transformation."""
    grain, flour = SENDER.lot(65, "TOUR").link, SENDER.lot(66, "TOUR").link
    body = json.loads(event())
    del body["action"], body["epcList"]
    made = {"inputQuantityList": [{"epcClass": grain}], "outputQuantityList": [{"epcClass": flour}]}
    document = json.dumps(body | made | {"type": "TransformationEvent"}).encode()
    (line,) = tour.lines(running, "upload", said(tmp_path, [document]), "FINAL")
    assert line["error"] is None
    with Client(running.world.grpc, token=running.authority) as client:
        wait_until_indexed(client)
    answer: Line = {}
    for part in tour.lines(running, "ask", flour, line["fingerprint"]):
        answer |= part
    assert answer.pop("recordIsWhole", True)
    assert answer.pop("steps") >= 9
    assert answer == {
        "states": ["FINAL"],
        "verdict": "VERIFIED",
        "items": [grain],
        "verified": True,
        "truncated": False,
    }


def test_refusals_name_their_code(tour: Tour, running: Running):
    """The details of a failed call are read with the language's own means; a deadline is kept."""
    unknown, unnamed, late, stranger = tour.lines(running, "refusals")
    assert unknown == {"status": "NOT_FOUND", "code": "NOT_FOUND", "path": ""}
    assert unnamed == {"status": "INVALID_ARGUMENT", "code": "BAD_REQUEST", "path": "/direction"}
    assert late["status"] == "DEADLINE_EXCEEDED"
    assert stranger == {"status": "UNAUTHENTICATED", "code": "UNAUTHENTICATED", "path": ""}


@pytest.fixture(scope="module")
def secure(template: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A node whose gRPC listener speaks TLS."""
    world = copied(template.world, tmp_path_factory.mktemp("tls") / "world")
    config = world.home / CONFIG_NAME
    config.write_text(config.read_text().replace("tls = false", "tls = true"))
    try:
        world.start()
        yield Running(world, template.sender, template.reader, template.authority)
    finally:
        world.stop()


def test_tls_with_the_node_s_own_certificate(tour: Tour, secure: Running, tmp_path: Path):
    """The certificate that the node made for itself is all that a client must hold."""
    certificate = secure.world.home / "keys" / "tls.crt"
    with Client(secure.world.grpc, token=secure.sender, tls_ca=certificate.read_bytes()) as client:
        client.upload([event_json(event())])[0].unwrap()  # outlasts the start
    (line,) = tour.lines(secure, "upload", said(tmp_path, [event()]), ca=certificate)
    assert (line["state"], line["error"]) == ("SEALED", None)


@pytest.mark.slow
def test_what_is_not_reached_by_the_deadline_is_answered_as_it_stands(
    tour: Tour, own: Running, tmp_path: Path
):
    """With the chain away nothing becomes FINAL: before the deadline comes the answer: SEALED so far."""
    assert own.world.chain is not None
    own.world.chain.kill()
    (line,) = tour.lines(own, "upload", said(tmp_path, [event()]), "FINAL", "2")
    assert (line["state"], line["error"]) == ("SEALED", "DEADLINE")


def told(lines: Sequence[Line], fingerprint: str) -> list[str]:
    """The states of one record as they came, each once where it was repeated at once."""
    states = [line["state"] for line in lines if fingerprint in line["fingerprints"]]
    return [state for number, state in enumerate(states) if state not in states[:number]]


@pytest.mark.slow
def test_watch_goes_on_behind_its_cursor(tour: Tour, own: Running, tmp_path: Path):
    """Node and program are killed and come back: each record is told SEALED, ANCHORED, FINAL, in order."""

    def say() -> list[str]:
        with Client(own.world.grpc, token=own.sender) as client:
            return [
                each.unwrap().fingerprint for each in client.upload([event_json(event()) for _ in range(3)])
            ]

    first = say()
    with tour.listening(own, "", tmp_path / "one") as listening:
        listening.until(lambda lines: all(told(lines, each) for each in first))
        assert own.world.node is not None
        own.world.node.kill()
        own.world.start()
        second = say()
        lines = listening.until(
            lambda lines: all(told(lines, each)[-1:] == ["FINAL"] for each in first + second)
        )
    assert all(told(lines, each) == STATES for each in first + second)
    third = say()
    with tour.listening(own, lines[-1]["cursor"], tmp_path / "two") as listening:
        later = listening.until(lambda lines: all(told(lines, each)[-1:] == ["FINAL"] for each in third))
    assert all(told(later, each) == STATES for each in third)
    assert not any(told(later, each) for each in first + second)


PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_python_of_the_guide_runs(secure: Running, tmp_path: Path):
    """The blocks of Python in docs/integrate.md are one program, from upload to refusal."""
    program = "".join(PYTHON.findall((ROOT / "docs/integrate.md").read_text()))
    (tmp_path / "erp.token").write_text(secure.sender + "\n")
    (tmp_path / "node").symlink_to(secure.world.home)
    program = program.replace("127.0.0.1:7450", secure.world.grpc)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "FINAL" in done.stdout
    assert "NOT_EPCIS" in done.stdout.splitlines()[-1]


SHOWN = re.compile(r"^```(?:ts|js)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_what_the_guide_shows_is_what_runs():
    """Each block of TypeScript or JavaScript in docs/integrate.md stands in a program that runs here."""
    blocks = SHOWN.findall((ROOT / "docs/integrate.md").read_text())
    programs = [(TOUR / name).read_text() for name in ("tour.ts", "tour.cjs")]
    assert len(blocks) >= 8
    assert [block for block in blocks if not any(block in program for program in programs)] == []
