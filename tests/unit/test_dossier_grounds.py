"""By what the anchors of a dossier are believed: blocks, those who sealed them, those who acknowledged them;
and acknowledgements that must not count.
"""

from dataclasses import replace
from typing import Any

import pytest

from tests.dossiers import GRAIN, NOW, Scene
from tests.dossiers import anchor as in_block
from tests.journey.network import begun, seen
from tests.logs import NETWORK, START
from tests.sealing import ACCOUNTS, SALT, SIGNERS, acknowledged, clique_anchor
from tracehold.core.anchor import Anchor
from tracehold.core.dossier import Kind, Question, examine, read_dossier
from tracehold.core.evidence import Accounts, ChainView, Report, Trust

HISTORY = Question(Kind.HISTORY, GRAIN)
FIRST = 2


def scene() -> Scene:
    """Two events of the farm in one log."""
    told = Scene()
    told.say(begun(GRAIN, 0))
    told.say(seen(GRAIN, 5))
    return told


def anchor(told: Scene, **changes: Any) -> Anchor:
    """Of the whole log, acknowledged by two operators."""
    return clique_anchor(told.logs[1], len(told.logs[1].entries), FIRST, **changes)


def checked(anchored: Anchor, trust: Trust, told: Scene) -> Report:
    """The report of the scene's history, under this anchor."""
    told.anchors = {1: anchored, 2: anchored}
    return examine(read_dossier(told.dossier(HISTORY)), trust, None, NOW + 10**6)


def trust(anchored: Anchor, told: Scene, **parts: Any) -> Trust:
    """Pins the log, and these."""
    where = Trust(NETWORK, anchored.chain_id, anchored.contract, nodes={anchored.node: told.logs[1].id})
    return replace(where, **parts)


@pytest.mark.parametrize("by", ["blocks", "signers", "accounts"])
def test_each_trust_is_enough(by: str):
    """And is named, with what it rests on; by accounts alone, time is the file's word, which is said."""
    told = scene()
    found = anchor(told)
    parts: dict[str, dict[str, Any]] = {
        "blocks": {"block_hashes": frozenset({found.block_hash})},
        "signers": {"signers": SIGNERS},
        "accounts": {"accounts": ACCOUNTS},
    }
    report = checked(found, trust(found, told, **parts[by]), told)
    assert report.error is None
    assert [ground.by for ground in report.grounds] == [by]
    assert ("block" in {line.name for line in report.steps if not line.required}) == (by == "accounts")


FALSE_ACKS: dict[str, dict[str, Any]] = {
    "of another size": {"size": 9},
    "of another contract": {"contract": bytes(20)},
    "of another chain": {"chain_id": 1},
    "under another salt": {"salt": bytes(32)},
    "for another creator": {"node": 5},
    "of another head": {"prev_root": bytes(32)},
    "by one who is no member": {"names": ["node 2", "stranger"]},
}


@pytest.mark.parametrize("name", FALSE_ACKS)
def test_security_acknowledgements_that_do_not_count(name: str):
    """UNTRUSTED, though record and block are what they should be."""
    told = scene()
    log = told.logs[1]
    given = acknowledged(log, len(log.entries), FIRST, **FALSE_ACKS[name])
    found = anchor(told, acknowledgements=given)
    error = checked(found, trust(found, told, accounts=ACCOUNTS), told).error
    assert error is not None
    assert error.code == "UNTRUSTED"


def test_security_more_must_have_acknowledged():
    """A threshold over those who did, and no acknowledgement at all."""
    told = scene()
    found = anchor(told)
    three = Accounts(SALT, {**ACCOUNTS.operators, "urn:x:third": {9: frozenset({bytes(20)})}}, 3)
    error = checked(found, trust(found, told, accounts=three), told).error
    assert error is not None
    assert error.code == "UNTRUSTED"
    told = scene()
    none = anchor(told, acknowledgements=())
    error = checked(none, trust(none, told, accounts=ACCOUNTS), told).error
    assert error is not None
    assert error.code == "UNTRUSTED"


def test_a_late_anchor_is_proved_and_said():
    """Anchored after the promised time: every step holds, and step 9 and the report say late."""
    told = scene()
    later = in_block(told.logs[1], 1, len(told.logs[1].entries), time=START + 100 + 3_600)
    report = checked(later, trust(later, told, block_hashes=frozenset({later.block_hash})), told)
    assert (report.state, report.late) == ("FINAL", True)
    assert report.steps[8].detail == "2 records, 2 of them anchored after the promised time"
    found = anchor(told)
    assert not checked(found, trust(found, told, block_hashes=frozenset({found.block_hash})), told).late


def test_attack_chain_asked_for_what_is_false_anyhow():
    """Records that no key of the log signed: whatever the file calls anchors, the chain is not asked."""
    told = scene()
    told.anchors = {1: anchor(told), 2: anchor(told)}
    dossier = read_dossier(told.dossier(HISTORY))
    (group,) = dossier.groups
    unsigned = replace(group, controls=group.controls[:1])

    def ask(_: Anchor) -> ChainView:
        raise AssertionError("the chain was asked")

    error = examine(replace(dossier, groups=(unsigned,)), None, ask, NOW).error
    assert error is not None
    assert error.code == "PROOF_INVALID"
