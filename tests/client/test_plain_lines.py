"""What is printed was often written by others: it never draws lines of its own, nor moves the cursor."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.client.verifying import app, trusting
from tests.dossiers import UPSTREAM, story
from tracehold.cli.contents import _show as show_contents
from tracehold.cli.output import note, plain, say, show_json, table
from tracehold.core.dossier import pack
from tracehold.v1 import trace_pb2

EVIL = "Farm\nVERIFIED\r\x1b[8m\x9b2J\u202egnorw\u2028\ud800"
SHOWN = r"Farm\nVERIFIED\r\u001b[8m\u009b2J\u202egnorw\u2028\ud800"


def test_text_is_shown_and_nothing_that_is_not():
    """Letters of all scripts stand as they are; what moves, hides or turns is spelled out."""
    assert plain(EVIL) == SHOWN
    assert plain("Mühle, 水, “5 €”") == "Mühle, 水, “5 €”"


def test_attack_cells_and_notes_with_escape_codes(capsys: pytest.CaptureFixture[str]):
    """One line each, columns by what is shown."""
    table([(EVIL, "a"), ("short", "b")])
    say(EVIL)
    note(EVIL)
    told = capsys.readouterr()
    assert told.out.split("\n") == [f"{SHOWN}  a", f"short{' ' * (len(SHOWN) - 3)}b", SHOWN, ""]
    assert told.err == SHOWN + "\n"


def test_attack_documents_with_escape_codes(capsys: pytest.CaptureFixture[str]):
    """The JSON says the same, and shows nothing but itself."""
    show_json({"name": EVIL})
    told = capsys.readouterr().out
    assert json.loads(told) == {"name": EVIL}
    assert told == f'{{\n  "name": "{SHOWN}"\n}}\n'


def test_attack_a_nodes_answer_with_escape_codes(capsys: pytest.CaptureFixture[str]):
    """An item, and the words of a gap."""
    answer = trace_pb2.GetContentsResponse()
    answer.children.add(item="urn:x:\x1b[2Ja", depth=1)
    answer.gaps.add(item="urn:x:a", detail="\x1b[8mnothing\nVERIFIED")
    show_contents(answer)
    told = capsys.readouterr()
    assert "\x1b" not in told.out + told.err
    assert len(told.err.splitlines()) == 1


def test_what_others_say_against_it_is_printed_with_contents(capsys: pytest.CaptureFixture[str]):
    """The events themselves are many, and stand in the JSON; those that are disputed are told to people."""
    answer = trace_pb2.GetContentsResponse()
    answer.children.add(item="urn:x:a", depth=1)
    answer.events.add(fingerprint="aa" * 32, type="AggregationEvent")
    answer.events.add(fingerprint="bb" * 32, type="AggregationEvent", flags=["CONTRADICTS"])
    show_contents(answer)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert ("b" * 16 in lines[1], lines[1].endswith("CONTRADICTS")) == (True, True)


def test_attack_answer_that_draws_its_verdict(tmp_path: Path):
    """A name in a stranger's file is printed with the refusal: it cannot say VERIFIED."""
    scene = story()
    files = scene.entries(UPSTREAM)
    document = json.loads(files["answer.json"])
    document["answer"]["x\nVERIFIED\n\x1b[8m"] = True
    text = json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"
    file = tmp_path / "answer.zip"
    file.write_bytes(pack({**files, "answer.json": text}))
    blocks = [anchor.block_hash for anchor in scene.anchors.values()]
    nodes = {str(node): log.id.hex() for node, log in scene.logs.items()}
    result = CliRunner().invoke(app, [str(file), *trusting(tmp_path, *blocks, nodes=nodes)])
    assert result.exit_code == 1
    assert "VERIFIED" not in result.output.splitlines()
    assert "\x1b" not in result.output
