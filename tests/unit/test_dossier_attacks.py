"""What is refused of a dossier, and as what: nothing that was changed on the way passes for an answer."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.dossiers import GRAIN, NOW, UPSTREAM, Scene, anchor, story
from tests.logs import FARM, FARM_KEY, STRANGER_KEY, header
from tracehold.core import record
from tracehold.core.anchor import Anchor
from tracehold.core.dossier import decode_group, encode_group, examine, pack, read_dossier
from tracehold.core.dossier.groups import Group
from tracehold.core.errors import Rejected
from tracehold.core.evidence import Accounts, Trust
from tracehold.core.ids import LogId, NetworkId

SCENE = story()
FILES = SCENE.entries(UPSTREAM)
RAW = pack(FILES)
FIRST, SECOND = "evidence/00000.cbor", "evidence/00001.cbor"
Entries = dict[str, bytes]


def outcome(raw: bytes, trust: Trust | None = SCENE.trust, scene: Scene = SCENE) -> str:
    """The code with which the file is refused; empty where it holds."""
    try:
        error = examine(read_dossier(raw), trust, None, NOW).error
    except Rejected as refusal:
        error = refusal
    return error.code if error else ""


def spelled(document: Any) -> bytes:
    """As the file has it."""
    return json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"


def told(change: Callable[[Any], object]) -> bytes:
    """The file with a change of its answer."""
    document = json.loads(FILES["answer.json"])
    change(document)
    return pack({**FILES, "answer.json": spelled(document)})


def proved(name: str, **changes: Any) -> bytes:
    """The file with a change of one group."""
    return pack({**FILES, name: encode_group(replace(decode_group(FILES[name]), **changes))})


def group(name: str) -> Group:
    """A group of the file."""
    return decode_group(FILES[name])


def anchored(name: str, **changes: Any) -> bytes:
    """The file with a change of a group's anchor."""
    found = group(name).anchor
    assert found is not None
    return proved(name, anchor=replace(found, **changes))


def test_the_file_itself_holds():
    """Else nothing below shows anything."""
    assert outcome(RAW) == ""


def test_security_any_byte_flipped():
    """Every seventh byte of the file, whatever it is of: headers, names, checksums, answer, records,
    receipts, paths, anchors, directory. A checksum that is made to fit does not help: see below.
    """
    for at in range(0, len(RAW), 7):
        changed = RAW[:at] + bytes([RAW[at] ^ 1]) + RAW[at + 1 :]
        assert outcome(changed) == "MALFORMED_PROOF", at


@pytest.mark.parametrize("name", [FIRST, SECOND])
def test_security_bytes_flipped_with_the_checksum_made_to_fit(name: str):
    """Each eleventh byte of the proofs, packed as if nothing had happened. Nothing rests on an anchor's
    transaction hash and log index, which are hints, nor on headers above the pinned block.
    """
    content = FILES[name]
    for at in range(0, len(content), 11):
        changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        if not outcome(pack({**FILES, name: changed})):
            assert resting(decode_group(changed)) == resting(group(name)), at


def resting(found: Group) -> Group:
    """The group without what nothing rests on where the anchor's block is pinned."""
    assert found.anchor is not None
    assert found.anchor.proof is not None
    proof = replace(found.anchor.proof, headers=found.anchor.proof.headers[:1])
    return replace(found, anchor=replace(found.anchor, proof=proof, tx_hash=bytes(32), log_index=0))


ANSWERS: dict[str, Callable[[Any], object]] = {
    "another item": lambda d: d["question"].update(item=GRAIN),
    "another direction": lambda d: d["question"].update(direction="downstream"),
    "another time": lambda d: d["question"].update(atMicros=1),
    "known before": lambda d: d["question"].update(knownAtMillis=1),
    "less deep": lambda d: d["question"].update(maxDepth=1),
    "another kind": lambda d: d.update(
        question={k: d["question"][k] for k in ("item", "atMicros", "knownAtMillis")} | {"kind": "history"}
    ),
    "an item more": lambda d: d["answer"]["items"].append(d["answer"]["items"][0] | {"item": "urn:x:gold"}),
    "an item less": lambda d: d["answer"]["items"].pop(),
    "an event less": lambda d: d["answer"]["events"].pop(),
    "another order": lambda d: d["answer"]["events"].reverse(),
    "another party": lambda d: d["answer"]["events"][0].update(party="urn:x:somebody"),
    "another level": lambda d: d["answer"]["events"][0].update(level="DELEGATED_ASSERTED"),
    "a flag more": lambda d: d["answer"]["events"][0]["flags"].append("DISPUTED"),
    "a word more": lambda d: d["answer"].update(certified=True),
    "a gap invented": lambda d: d["answer"]["gaps"].append(
        {"item": GRAIN, "reason": "never_commissioned", "detail": ""}
    ),
    "not whole": lambda d: d["answer"].update(complete=False),
    "whole in spite of gaps": lambda d: d["said"]["gaps"].append(
        {"item": "", "reason": "not_covered", "detail": "nobody searched log 3"}
    ),
    "truth as a number": lambda d: d["answer"].update(truncated=0),
    "record listed elsewhere": lambda d: d["records"][0].update(index=9),
    "record listed and not there": lambda d: d["records"].append(
        d["records"][0] | {"fingerprint": "00" * 32}
    ),
    "record there and not listed": lambda d: d["records"].pop(),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_security_answer_that_its_records_do_not_give(name: str):
    """Question, answer, list: whatever is changed, it does not follow any more."""
    assert outcome(told(ANSWERS[name])) == "PROOF_INVALID"


MALFORMED: dict[str, Callable[[Any], object]] = {
    "no question": lambda d: d.pop("question"),
    "unknown kind": lambda d: d["question"].update(kind="oracle"),
    "unknown direction": lambda d: d["question"].update(direction="sideways"),
    "depth of a billion": lambda d: d["question"].update(maxDepth=10**9),
    "no depth": lambda d: d["question"].update(maxDepth=True),
    "time of text": lambda d: d["question"].update(atMicros="now"),
    "time beyond time": lambda d: d["question"].update(atMicros=10**30),
    "question with more": lambda d: d["question"].update(mood="good"),
    "item too long": lambda d: d["question"].update(item="x" * 1025),
    "record twice": lambda d: d["records"].append(d["records"][0]),
    "record in capitals": lambda d: d["records"][0].update(log=d["records"][0]["log"].upper()),
    "index below zero": lambda d: d["records"][0].update(index=-1),
    "coverage backwards": lambda d: d["said"]["searched"].update({"00" * 32: [[5, 3]]}),
    "coverage twice": lambda d: d["said"]["searched"].update({"00" * 32: [[0, 3], [2, 5]]}),
    "coverage of no log": lambda d: d["said"]["searched"].update({"all": [[0, 3]]}),
    "coverage whole": lambda d: d["said"].update(searched="everything"),
    "unknown gap": lambda d: d["said"]["gaps"].append({"item": "", "reason": "none", "detail": ""}),
    "unknown flag": lambda d: d["said"]["flags"].update({"00" * 32: ["CERTIFIED"]}),
    "more": lambda d: d.update(trust={"blocks": []}),
    "another format": lambda d: d.update(format="tracehold/dossier/v2"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_security_answer_without_form(name: str):
    """What cannot be read is refused before anything is looked at."""
    assert outcome(told(MALFORMED[name])) == "MALFORMED_PROOF"


def other_record() -> bytes:
    """Signed by the farm, and in no log."""
    return record.sign(header(FARM_KEY, FARM, number=99), b"{}", FARM_KEY)


def forged_record() -> bytes:
    """In the farm's name, by a stranger's key."""
    return record.sign(header(STRANGER_KEY, FARM, number=98), b"{}", STRANGER_KEY)


def grown() -> Anchor:
    """A proved anchor of the same log at another size."""
    return anchor(SCENE.logs[1], 1, len(SCENE.logs[1].entries) - 1)


PAIRS = group(FIRST).records
CONTROLS = group(FIRST).controls
PROOFS: dict[str, tuple[Callable[[], bytes], str]] = {
    "a record is missing": (lambda: proved(FIRST, records=PAIRS[1:]), "PROOF_INVALID"),
    "a group is missing": (
        lambda: pack({name: raw for name, raw in FILES.items() if name != SECOND}),
        "PROOF_INVALID",
    ),
    "a record stands twice": (lambda: proved(FIRST, records=PAIRS + PAIRS[:1]), "MALFORMED_PROOF"),
    "records with each other's receipts": (
        lambda: proved(FIRST, records=((PAIRS[0][0], PAIRS[1][1]), (PAIRS[1][0], PAIRS[0][1]))),
        "PROOF_INVALID",
    ),
    "another record": (
        lambda: proved(FIRST, records=((other_record(), PAIRS[0][1]), PAIRS[1])),
        "PROOF_INVALID",
    ),
    "a stranger's record": (
        lambda: proved(FIRST, records=((forged_record(), PAIRS[0][1]), PAIRS[1])),
        "PROOF_INVALID",
    ),
    "the enrolment is withheld": (lambda: proved(FIRST, controls=CONTROLS[:1]), "PROOF_INVALID"),
    "the header is withheld": (lambda: proved(FIRST, controls=CONTROLS[1:]), "PROOF_INVALID"),
    "another log's control records": (
        lambda: proved(FIRST, controls=group(SECOND).controls),
        "PROOF_INVALID",
    ),
    "the other log's anchor": (lambda: proved(FIRST, anchor=group(SECOND).anchor), "MALFORMED_PROOF"),
    "an anchor of another size": (lambda: proved(FIRST, anchor=grown()), "MALFORMED_PROOF"),
    "an anchor of another contract": (lambda: anchored(FIRST, contract=bytes(20)), "PROOF_INVALID"),
    "an anchor of another chain": (lambda: anchored(FIRST, chain_id=1), "UNTRUSTED"),
    "an anchor of another node": (lambda: anchored(FIRST, node=9), "PROOF_INVALID"),
    "an anchor of another log": (lambda: anchored(FIRST, log=LogId(bytes(32))), "PROOF_INVALID"),
    "an anchor with another root": (lambda: anchored(FIRST, root=bytes(32)), "PROOF_INVALID"),
    "an anchor of another time": (lambda: anchored(FIRST, block_time=1), "PROOF_INVALID"),
    "an anchor without a proof": (lambda: anchored(FIRST, proof=None), "UNTRUSTED"),
    "no anchor": (lambda: proved(FIRST, anchor=None), "NOT_ANCHORED"),
}


@pytest.mark.parametrize("name", PROOFS)
def test_security_proofs_that_do_not_hold(name: str):
    """Each with what must be refused, and as what."""
    make, code = PROOFS[name]
    assert outcome(make()) == code


def test_security_worst_record_decides():
    """One that is only sealed comes first, a false one behind it: the file is false."""
    files = dict(FILES)
    files[FIRST] = encode_group(replace(group(FIRST), anchor=None))
    files[SECOND] = encode_group(replace(group(SECOND), controls=group(SECOND).controls[:1]))
    assert outcome(pack(files)) == "PROOF_INVALID"


TRUST = SCENE.trust
STRANGERS = Accounts(bytes(32), {"urn:x:holder": {3: frozenset({bytes(20)})}}, 1)
DISTRUST: dict[str, Trust | None] = {
    "none": None,
    "nothing": Trust(),
    "another network": replace(TRUST, network=NetworkId(bytes(32))),
    "another chain": replace(TRUST, chain_id=1),
    "another contract": replace(TRUST, contract=bytes(20)),
    "one block of two": replace(TRUST, block_hashes=frozenset(sorted(TRUST.block_hashes)[:1])),
    "one log of two": replace(TRUST, nodes={1: TRUST.nodes[1]}),
    "logs of other nodes": replace(TRUST, nodes={1: TRUST.nodes[2], 2: TRUST.nodes[1]}),
    "accounts that acknowledged nothing": replace(TRUST, accounts=STRANGERS),
}


@pytest.mark.parametrize("name", DISTRUST)
def test_security_trust_that_does_not_reach_all(name: str):
    """Trust never comes from the file: exit 4 of the command."""
    assert outcome(RAW, DISTRUST[name]) == "UNTRUSTED"
