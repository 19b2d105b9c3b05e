"""Every command against a running node: answers, JSON, exit codes."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.e2e.conftest import SENDER, SIGNER, SIGNER_KEY, Running
from tests.e2e.signing import document, event, signer
from tests.unit.epcis_xml_samples import OBJECT, PIECE
from tests.unit.epcis_xml_samples import document as xml_document
from tracehold.core.errors import Rejected
from tracehold.lab.programs import command
from tracehold_client import Client, Signer, State, event_json, statement
from tracehold_client.rest import RestClient

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def tracehold(running: Running) -> Command:
    """A command as SENDER, with node, REST address and token from the environment."""
    environment = {
        "TRACEHOLD_NODE": running.world.grpc,
        "TRACEHOLD_REST": running.world.rest,
        "TRACEHOLD_TOKEN_FILE": str(running.world.dir / "sender.token"),
        "PATH": "/usr/bin:/bin",
        "COLUMNS": "200",
    }

    def call(*arguments: str, text: str | None = None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command(*arguments),
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
            env=environment,
            check=False,
        )

    return call


def answer(done: "subprocess.CompletedProcess[str]", code: int = 0) -> dict[str, Any]:
    """The JSON answer of a command that ended with `code`."""
    assert done.returncode == code, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def uploaded(tracehold: Command, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """One delegated event, FINAL: its item and its fingerprint."""
    item = SENDER.piece(4, "CLI").link
    file = tmp_path_factory.mktemp("upload") / "event.json"
    file.write_bytes(event(item))
    found = answer(tracehold("upload", str(file), "--wait-for", "FINAL", "--json"))
    assert found["results"][0]["state"] == "FINAL"
    return item, found["results"][0]["fingerprint"]


def test_upload_takes_every_kind_of_file(tracehold: Command, running: Running, tmp_path: Path):
    """One event, a document, lines of events and a ready statement, in one call and in order."""
    with Client(running.world.grpc) as client:
        network = bytes.fromhex(client.status().network)
    (tmp_path / "one.json").write_bytes(event())
    (tmp_path / "document.jsonld").write_bytes(document(event(), event()))
    (tmp_path / "lines.ndjson").write_bytes(event() + b"\n" + event() + b"\n")
    statement = Signer(SIGNER_KEY, SIGNER.party.link, network).event(event())  # type: ignore[arg-type]
    (tmp_path / "ready.cose").write_bytes(statement)
    names = ("one.json", "document.jsonld", "lines.ndjson", "ready.cose")
    found = answer(tracehold("upload", *(str(tmp_path / name) for name in names), "--json"))
    assert (found["taken"], found["refused"]) == (6, 0)


def test_upload_signs_with_a_key_of_ones_own(tracehold: Command, running: Running, tmp_path: Path):
    """A key made by the command, enrolled by the operator, signs; its party speaks itself."""
    key, file = tmp_path / "my.key", tmp_path / "event.json"
    made = answer(tracehold("key", "new", str(key), "--json"))
    assert key.stat().st_mode & 0o077 == 0
    assert answer(tracehold("key", "show", str(key), "--json")) == made
    party, home = "https://example.org/parties/own-key", str(running.world.home)
    done = tracehold("party", "enrol", "--dir", home, "--party", party, "--key", made["key"])
    assert done.returncode == 0, done.stderr
    item = SENDER.piece(5, "OWN").link
    file.write_bytes(event(item))
    sent = answer(
        tracehold("upload", str(file), "--key", str(key), "--party", party, "--wait-for", "FINAL", "--json")
    )
    found = answer(tracehold("locate", item, "--json"))
    assert [each["fingerprint"] for each in found["locations"]] == [sent["results"][0]["fingerprint"]]
    assert found["locations"][0]["speaker"]["party"] == party
    assert found["locations"][0]["speaker"]["level"] == "SIGNED_BY_PARTY"


def test_upload_says_what_was_refused(tracehold: Command, tmp_path: Path):
    """Exit 1 and the code with its path; good records beside it are taken."""
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(event())
    bad.write_bytes(event(action="EAT"))
    found = answer(tracehold("upload", str(good), str(bad), "--json"), code=1)
    assert (found["taken"], found["refused"]) == (1, 1)
    assert found["results"][1]["error"]["code"] == "EPCIS_FORM"
    assert found["results"][1]["error"]["path"] == "/action"


def test_capture_from_standard_input(tracehold: Command):
    """A document through a pipe, until all of it is FINAL."""
    text = document(event(), event()).decode()
    job = answer(tracehold("capture", "-", "--wait-for", "FINAL", "--json", text=text))
    assert job["success"] is True
    assert [part["state"] for part in job["events"]] == ["FINAL", "FINAL"]


def test_capture_counts_events_and_master_data_apart(tracehold: Command):
    """What became of the document, in one line for people."""
    whole = json.loads(document(event(), event()))
    place = {"id": SENDER.piece(6, "MD").link, "attributes": [{"id": "cbvmda:name", "attribute": "Mill"}]}
    vocabulary = {"type": "urn:epcglobal:epcis:vtype:EPCClass", "vocabularyElementList": [place]}
    whole["epcisHeader"] = {"epcisMasterData": {"vocabularyList": [vocabulary]}}
    done = tracehold("capture", "-", text=json.dumps(whole))
    assert done.returncode == 0, done.stderr
    assert "2 events, 1 master data element at SEALED or beyond; 0 errors" in done.stderr


def test_capture_of_a_bad_document(tracehold: Command, tmp_path: Path):
    """Exit 2 for broken JSON, 1 for a document with a bad event."""
    assert tracehold("capture", "-", text="{").returncode == 2
    text = document(event(), event(action="EAT")).decode()
    job = answer(tracehold("capture", "-", "--json", text=text), code=1)
    assert job["success"] is False
    assert len(job["errors"]) == 1


SBDH = '<s:StandardBusinessDocumentHeader xmlns:s="urn:x:s"/>'


def test_capture_of_an_xml_file(tracehold: Command, running: Running, tmp_path: Path):
    """Converted, sealed, traced, kept as it came; what is not kept is said to people and to programs."""
    item = SENDER.piece(8, "XML").link
    file = tmp_path / "goods.xml"
    file.write_bytes(xml_document(OBJECT.replace(PIECE, item), header=SBDH))
    done = tracehold("capture", str(file), "--wait-for", "FINAL")
    assert done.returncode == 0, done.stderr
    assert "1 event, 0 master data elements at FINAL or beyond; 0 errors" in done.stderr
    assert "HEADER_NOT_KEPT: this describes the file and is not kept" in done.stderr
    (name,) = [line.split()[0] for line in done.stdout.splitlines()]
    assert [each["fingerprint"] for each in answer(tracehold("history", item, "--json"))["events"]] == [name]
    rest = RestClient(running.world.rest, token=running.reader)
    (original,) = rest.get(f"v1/records/{name}")["record"]["attachments"]
    asked = Request(
        f"{running.world.rest}/v1/records/{name}/attachments/{original['fingerprint']}",
        headers={"Authorization": f"Bearer {running.reader}"},
    )
    with urlopen(asked) as got:
        assert got.read() == file.read_bytes()


def test_the_same_xml_file_again_and_a_broken_one(tracehold: Command, tmp_path: Path):
    """The first fingerprints, marked; exit 2 for what is no XML, with its code."""
    file = tmp_path / "again.xml"
    file.write_bytes(xml_document(OBJECT.replace(PIECE, SENDER.piece(9, "XML").link)))
    first, again = (answer(tracehold("capture", str(file), "--json")) for _ in range(2))
    assert first["events"][0]["fingerprint"] == again["events"][0]["fingerprint"]
    assert again["events"][0]["duplicate"] is True
    file.write_bytes(xml_document().replace(b"</EventList>", b""))
    done = tracehold("capture", str(file))
    assert (done.returncode, "MALFORMED_XML" in done.stderr) == (2, True)


def test_trace_history_contents_and_locate_answer_in_json(tracehold: Command, uploaded: tuple[str, str]):
    """The same JSON as the REST gateway: short enum words, empty lists present."""
    item, fingerprint = uploaded
    traced = answer(tracehold("trace", item, "--direction", "downstream", "--verify", "full", "--json"))
    assert traced["items"] == []
    assert traced["truncated"] is False
    told = answer(tracehold("history", item, "--json"))
    assert [each["fingerprint"] for each in told["events"]] == [fingerprint]
    assert told["events"][0]["verified"] is True
    assert told["events"][0]["state"] == "FINAL"
    assert answer(tracehold("history", item, "--at", "2020-01-01T00:00:00Z", "--json"))["events"] == []
    held = answer(tracehold("contents", item, "--json"))
    assert (held["children"], held["components"]) == ([], [])
    kept = answer(tracehold("locate", item, "--json"))
    assert kept["locations"][0]["holders"] == [1]


def test_answers_for_people(tracehold: Command, uploaded: tuple[str, str]):
    """Without --json a line an event, and gaps on stderr."""
    item, fingerprint = uploaded
    done = tracehold("history", item)
    assert done.returncode == 0
    assert fingerprint[:16] in done.stdout
    assert "verified" in done.stdout
    unknown = tracehold("trace", "https://example.org/nothing")
    assert unknown.returncode == 0
    assert "NEVER_COMMISSIONED" in unknown.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("trace", "x", "--direction", "sideways"), 2),
        (("trace", "x", "--at", "yesterday"), 2),
        (("trace", "x", "--at", "2026-01-01T00:00:00"), 2),
        (("trace", "x", "--verify", "hard"), 2),
        (("history", "javascript:alert(1)"), 1),
        (("upload", "/does/not/exist"), 2),
        (("upload", "/dev/null", "--wait-for", "HOPED"), 2),
        (("upload", "/dev/null", "--key", "/dev/null"), 2),
        (("receipt", "00" * 32, "-o", "/dev/null"), 1),
        (("receipt", "zz", "-o", "/dev/null"), 2),
        (("trace", "x", "--node", "127.0.0.1:1"), 5),
        (("trace", "x", "--node", "node.example:1"), 2),
        (("trace", "x", "--token-file", "/does/not/exist"), 2),
        (("capture", "-", "--rest", "http://127.0.0.1:1"), 5),
        (("capture", "-", "--rest", "http://node.example"), 2),
    ],
)
def test_exit_codes(tracehold: Command, arguments: tuple[str, ...], code: int):
    """1 refused, 2 malformed, 5 not reachable; each with a remedy, none with a traceback."""
    done = tracehold(*arguments, text="{}")
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "what to do" in done.stderr


def test_receipt_verifies_offline_and_against_the_chain(
    tracehold: Command, running: Running, uploaded: tuple[str, str], tmp_path: Path
):
    """The saved evidence: exit 4 without trust, 0 against the real chain, 4 against another contract
    there.
    """
    file = tmp_path / "evidence"
    assert tracehold("receipt", uploaded[1], "-o", str(file)).returncode == 0
    assert tracehold("verify", str(file)).returncode == 4
    world = running.world
    found = answer(tracehold("verify", str(file), "--rpc", world.rpc, "--contract", world.contract, "--json"))
    assert found["verdict"] == "VERIFIED"
    assert found["state"] == State.FINAL.name
    assert found["fingerprint"] == uploaded[1]
    assert found["level"] == "DELEGATED_ASSERTED"
    other = "0x" + "11" * 20
    assert tracehold("verify", str(file), "--rpc", world.rpc, "--contract", other).returncode == 4


def test_receipt_of_a_record_that_is_not_for_everybody(
    running: Running, uploaded: tuple[str, str], tmp_path: Path
):
    """Without a token the evidence, which holds the record, is refused: exit 1."""
    done = subprocess.run(
        command("receipt", uploaded[1], "-o", str(tmp_path / "e"), "--node", running.world.grpc),
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert done.returncode == 1
    assert "FORBIDDEN" in done.stderr
    assert not (tmp_path / "e").exists()


def test_key_file_is_never_overwritten(tracehold: Command, tmp_path: Path):
    """A second `key new` on a file is refused, and the key stays."""
    key = tmp_path / "k.key"
    assert tracehold("key", "new", str(key)).returncode == 0
    before = key.read_bytes()
    assert tracehold("key", "new", str(key)).returncode == 1
    assert key.read_bytes() == before


def test_key_that_others_can_read_is_refused(tracehold: Command, tmp_path: Path):
    """A key file with loose permissions is not used: exit 2."""
    key = tmp_path / "k.key"
    tracehold("key", "new", str(key))
    key.chmod(0o644)
    done = tracehold("key", "show", str(key))
    assert done.returncode == 2
    assert "chmod 600" in done.stderr


def test_redact(running: Running, tracehold: Command, tmp_path: Path):
    """By the party that signed, and by the operator: the bytes go, the receipt stays, others may not."""
    key = tmp_path / "signer.key"
    key.write_text("11" * 32 + "\n")
    key.chmod(0o600)
    with Client(running.world.grpc, token=running.sender) as client:
        signed = signer(client).event(event(SENDER.piece(9, "GONE").link))
        first = client.upload([statement(signed)])[0].unwrap()
        second = client.upload([event_json(event(SENDER.piece(9, "GONE2").link))])[0].unwrap()
    home = str(running.world.home)
    for made, options in (
        (first, ("--party", SIGNER.party.link, "--key", str(key))),
        (second, ()),
    ):
        asked = ("party", "redact", made.fingerprint, "--index", str(made.index), "--dir", home, "--json")
        if made is second:
            by_another = tracehold(*asked, "--party", SIGNER.party.link, "--key", str(key))
            assert answer(by_another, 1)["error"]["code"] == "BAD_CONTROL"
        assert answer(tracehold(*asked, *options))["log"] == made.log
        until_redacted(running, made.fingerprint)
        assert answer(tracehold(*asked, *options), 1)["error"]["code"] == "REDACTED"
    with Client(running.world.grpc, token=running.authority) as client:
        assert client.receipt(first.fingerprint).fingerprint == first.fingerprint
        error = client.upload([statement(signed)])[0].error
        assert error is not None
        assert error.code == "REDACTED"
        trace = client.history(SENDER.piece(9, "GONE2").link)
        assert trace.gaps


def until_redacted(running: Running, fingerprint: str) -> None:
    """The node erases a moment after the redaction was sealed."""
    end = time.monotonic() + 30
    while (found := asked(running, fingerprint)) != "REDACTED":
        assert (found, time.monotonic() < end) == ("", True)
        time.sleep(0.1)


def asked(running: Running, fingerprint: str) -> str:
    """The code with which the record is refused; empty while it is given."""
    with Client(running.world.grpc, token=running.authority) as client:
        try:
            client.record(fingerprint)
        except Rejected as refusal:
            return refusal.code
        return ""
