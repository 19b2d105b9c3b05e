"""The vectors of the formats: they are what the script makes, and every one has the outcome that it names."""

import json

import pytest

from tests.vectors.make_vectors import FOLDER, text, vectors
from tracehold.core import merkle, record
from tracehold.core.checkpoint import Checkpoint, check_checkpoint
from tracehold.core.errors import Rejected
from tracehold.core.evidence import decode_evidence, parse_trust, verify
from tracehold.core.ids import LogId, Root
from tracehold.core.keys import PublicKey
from tracehold.core.receipt import check_receipt, parse_receipt
from tracehold.core.roster import Roster

FILES = {f"{path.parent.name}/{path.stem}": path for path in sorted(FOLDER.glob("*/*.json"))}


def test_the_files_are_what_the_script_makes():
    """Formats do not change by accident: `python -m tests.vectors.make_vectors` after a decision note."""
    made = {name: text(case) for name, case in vectors()}
    assert {name: path.read_text("utf-8") for name, path in FILES.items()} == made


def test_as_many_fail_as_pass():
    """Of every format."""
    for folder in ("records", "controls", "checkpoints", "receipts", "evidence"):
        names = [name for name in FILES if name.startswith(folder)]
        failing = sum(name.endswith("_fail") for name in names)
        assert 0 < len(names) - failing <= failing, folder


def run_record(case):
    """Form, then signature; what it says is compared."""
    parsed = record.parse(bytes.fromhex(case["record"]))
    record.check_signature(parsed, PublicKey.from_cose(bytes.fromhex(case["key"])))
    said = parsed.header
    assert parsed.fingerprint.hex() == case["fingerprint"]
    assert parsed.sign1.protected.hex() == case["protected"]
    assert parsed.payload.decode() == case["payload"]
    assert (said.kind, said.kid.hex(), said.iss) == (case["kind"], case["kid"], case["party"])
    assert (said.aud.hex(), said.iat, said.salt.hex()) == (case["network"], case["issuedAt"], case["salt"])
    assert said.audience == case["audience"]
    assert [[one.fingerprint.hex(), one.size, one.media_type] for one in said.attachments] == case[
        "attachments"
    ]
    assert (said.supersedes.hex() if said.supersedes else None) == case["supersedes"]


def run_controls(case):
    """A replay of the log; then who speaks in each entry, as known at its end."""
    records = [record.parse(bytes.fromhex(raw)) for raw in case["entries"]]
    roster = Roster.from_header(records[0])
    for index, entry in enumerate(records):
        record.check_signature(entry, roster.check(entry, index))
        roster.apply(index, entry)
    assert (roster.log.hex(), roster.operator) == (case["log"], case["operator"])
    speakers = [roster.speaker(entry, index) for index, entry in enumerate(records)]
    told = [[one.party, one.level, *(["suspect"] if one.suspect else [])] for one in speakers]
    assert told == case["speakers"]


def run_checkpoint(case):
    """Both signatures, and that both say the same."""
    made = Checkpoint(
        LogId(bytes.fromhex(case["log"])),
        case["size"],
        Root(bytes.fromhex(case["root"])),
        case["timeMs"],
        case["note"].encode(),
        bytes.fromhex(case["coseProtected"]),
        bytes.fromhex(case["coseSignature"]),
    )
    check_checkpoint(made, PublicKey.from_cose(bytes.fromhex(case["key"])))


def run_receipt(case):
    """The entry leads to the root that the key signed."""
    receipt = parse_receipt(bytes.fromhex(case["receipt"]))
    key = PublicKey.from_cose(bytes.fromhex(case["key"]))
    root = check_receipt(receipt, merkle.leaf_hash(bytes.fromhex(case["entry"])), key)
    assert (root.hex(), receipt.size, receipt.index) == (case["root"], case["size"], case["index"])


def run_evidence(case):
    """The whole verification, offline."""
    trust = parse_trust(json.dumps(case["trust"]).encode())
    found = verify(decode_evidence(bytes.fromhex(case["evidence"])), trust, None, case["nowMs"])
    assert found.state == case["state"]


RUN = {
    "records": run_record,
    "controls": run_controls,
    "checkpoints": run_checkpoint,
    "receipts": run_receipt,
    "evidence": run_evidence,
}


@pytest.mark.parametrize("name", FILES)
def test_vector(name):
    """Taken, or refused with the code that it names."""
    case = json.loads(FILES[name].read_text("utf-8"))
    run = RUN[name.split("/")[0]]
    if not name.endswith("_fail"):
        run(case)
        return
    with pytest.raises(Rejected) as refusal:
        run(case)
    assert refusal.value.code == case["code"]
    assert f"step {case['step']} " in refusal.value.path if "step" in case else True
