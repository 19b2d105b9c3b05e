"""The pages of docs/spec say what the code and the vectors say."""

import json
import re
from pathlib import Path

import pytest

from tests.vectors.make_vectors import FOLDER
from tracehold.core import labels
from tracehold.core.evidence import decode_evidence, parse_trust, verify
from tracehold.core.header import Audience, Kind

SPEC = Path(__file__).resolve().parents[2] / "docs" / "spec"


def page(name):
    """The text of a page."""
    return (SPEC / f"{name}.md").read_text("utf-8")


def vector(name):
    """The content of a vector."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def test_every_label_is_in_the_table():
    """And no label is in the table that the code does not know."""
    table = {int(number) for number in re.findall(r"^\| (-?\d+) \|", page("labels"), re.MULTILINE)}
    inner = {labels.RFC9162_SHA256, labels.INCLUSION, labels.ISS, labels.SUB, labels.AUD, labels.IAT}
    known = {value for name, value in vars(labels).items() if name.isupper()}
    assert known - inner <= table <= known


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_named(kind):
    """On the page of records."""
    assert kind.removeprefix("application/vnd.tracehold.") in page("record")


@pytest.mark.parametrize("audience", Audience)
def test_every_audience_is_named(audience):
    """In the table of labels."""
    assert audience in page("labels")


def test_the_record_on_its_page():
    """Fingerprint, key and kid are the vector's."""
    case = vector("records/event-eddsa")
    for part in ("fingerprint", "key", "kid"):
        assert case[part] in page("record")


def test_the_checkpoint_on_its_page():
    """The note stands there byte for byte."""
    assert vector("checkpoints/checkpoint")["note"] in page("log")


def test_the_receipt_on_its_page():
    """Its entry, and its length."""
    case = vector("receipts/final")
    assert case["entry"] in page("receipt")
    assert f"{len(case['receipt']) // 2:,} bytes" in page("receipt")


def test_the_report_on_its_page():
    """Every line with its number, name, status, and as much of the detail as the page prints."""
    case = vector("evidence/final")
    trust = parse_trust(json.dumps(case["trust"]).encode())
    found = verify(decode_evidence(bytes.fromhex(case["evidence"])), trust, None, case["nowMs"])
    lines = page("evidence").split("```")[1].strip("\n").split("\n")
    assert len(lines) == len(found.steps)
    for line, step in zip(lines, found.steps, strict=True):
        number, name, status, detail = re.split(r"\s{2,}|(?<=^\d) |(?<=^\d\d) ", line.strip(), maxsplit=3)
        assert (int(number), name, status) == (step.number, step.name, step.status)
        assert step.detail.startswith(detail.removesuffix("..."))


def test_the_node_record_on_its_page():
    """Every field of the vector, as far as the page prints it."""
    said = vector("nodes/node")["payload"]
    for key in "234567":
        assert said[key] in page("node")
    assert said["1"].startswith("a3010120062158208a88")
    assert said["1"].endswith("6f5c")


def test_every_page_is_in_the_index():
    """And every page that the index names is there."""
    named = set(re.findall(r"^\| \[\w+\]\((\w+)\.md\)", page("README"), re.MULTILINE))
    assert named == {path.stem for path in SPEC.glob("*.md")} - {"README"}


def test_every_section_that_the_code_cites_is_on_the_page_of_the_protocol():
    """Comments that cite a rule lead somewhere."""
    sections = set(re.findall(r"^## (\d)\.", page("protocol"), re.MULTILINE))
    sources = [path.read_text("utf-8") for path in (SPEC.parents[1] / "node").rglob("*.py")]
    cited = {number for text in sources for number in re.findall(r"protocol\s+section (\d)", text)}
    assert cited
    assert cited <= sections


@pytest.mark.parametrize("path", sorted(SPEC.glob("*.md")), ids=lambda path: path.stem)
def test_links_lead_to_files(path):
    """Relative links of a page, without their anchors."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text("utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_the_custody_record_on_its_page():
    """Its commitment and its runs are the vector's."""
    case = vector("custody/custody")
    assert case["nonceHash"] in page("custody")
    for log, start, stop in case["kept"]:
        assert f"h'{log[:4]}..{log[-2:]}', {start}, {stop}]" in page("custody")


def test_the_audit_on_its_page():
    """The first places, and how many."""
    case = vector("audits/pass")
    drawn = ", ".join(f"c {index}" for _, index, _ in case["places"][:3])
    assert f"{len(case['places'])} draws: {drawn}, ..." in page("audit")
