"""For what reasons an anchor is believed offline: blocks, those who sealed them, those who acknowledged it;
and
the attacks on each.
"""

from dataclasses import replace

import pytest

from tests.blocks import keccak256
from tests.logs import FARM, OPERATOR, Log
from tests.sealing import (
    ACCOUNTS,
    HOLDERS,
    ORDER,
    SALT,
    SEALERS,
    SIGNERS,
    acknowledged,
    address,
    clique_anchor,
)
from tests.verifications import CHAIN, EVENT, LOG, NOW, TRUST, failure
from tracehold.core.anchor import Anchor, decode_anchor, encode_anchor
from tracehold.core.errors import Rejected
from tracehold.core.evidence import Accounts, Signers, report, verify
from tracehold.core.receipt import parse_receipt

ANCHOR = clique_anchor(LOG, 8, 2)
EVIDENCE = LOG.evidence(5, 8, ANCHOR)
BARE = replace(TRUST, block_hashes=frozenset())
BY_BLOCK = replace(BARE, block_hashes=frozenset({ANCHOR.block_hash}))
BY_SIGNERS = replace(BARE, signers=SIGNERS)
BY_ACCOUNTS = replace(BARE, accounts=ACCOUNTS)
BY_ALL = replace(BY_BLOCK, signers=SIGNERS, accounts=ACCOUNTS)


def grounds(trust, evidence=EVIDENCE, chain=None):
    """By what a verification stands."""
    return [ground.by for ground in verify(evidence, trust, chain, NOW).grounds]


def with_acks(acks, **proof):
    """Evidence whose proof holds these acknowledgements, of a transaction that named their nodes."""
    anchor = clique_anchor(LOG, 8, 2, acknowledgements=acks)
    assert anchor.proof is not None
    return LOG.evidence(5, 8, replace(anchor, proof=replace(anchor.proof, **proof)))


# -- each alone, and together


def test_each_trust_is_enough_and_is_named():
    """With what it rests on."""
    assert grounds(BY_BLOCK) == ["blocks"]
    assert grounds(BY_SIGNERS) == ["signers"]
    assert grounds(BY_ACCOUNTS) == ["accounts"]
    assert grounds(BY_ALL) == ["blocks", "signers", "accounts"]
    for ground in verify(EVIDENCE, BY_ALL, None, NOW).grounds:
        assert ground.found
        assert ground.rests_on


def test_without_any_the_verdict_is_untrusted():
    """Nothing is believed for want of a pin."""
    assert failure(EVIDENCE, BARE) == (8, "UNTRUSTED")
    assert report(EVIDENCE, BARE, None, NOW).grounds == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"block_hashes": frozenset({bytes(32)})},
        {"signers": Signers(frozenset({bytes(20)}), 1)},
        {"accounts": replace(ACCOUNTS, salt=bytes(32))},
        {"chain_id": 1},
        {"contract": bytes(20)},
        {"nodes": {}},
    ],
    ids=str,
)
def test_where_several_are_given_all_must_hold(changes):
    """One that fails is not made up for by the others."""
    assert failure(EVIDENCE, replace(BY_ALL, **changes)) == (8, "UNTRUSTED")


def test_a_chain_beside_them_must_agree_too():
    """And is named as the last ground."""
    told = replace(CHAIN, block_hash=ANCHOR.block_hash, event=replace(EVENT, ackers=(2, 3)))
    assert grounds(BY_ALL, chain=told) == ["blocks", "signers", "accounts", "chain"]
    assert failure(EVIDENCE, BY_ALL, replace(told, block_hash=bytes(32))) == (8, "PROOF_INVALID")


def test_acknowledgements_tell_no_time():
    """The report says so, and does not where another ground has the block."""
    alone = report(EVIDENCE, BY_ACCOUNTS, None, NOW)
    assert "by the file's own word" in alone.steps[8].detail
    assert [line.name for line in alone.steps if not line.required] == ["revocations", "holders", "block"]
    both = report(EVIDENCE, BY_ALL, None, NOW)
    assert "word" not in both.steps[8].detail
    assert "block" not in [line.name for line in both.steps]


def test_the_proof_is_read_as_it_was_written():
    """With acknowledgements, and, as it always was, without them."""
    for found in (ANCHOR, clique_anchor(LOG, 8, 2, acknowledgements=())):
        assert decode_anchor(encode_anchor(found)) == found
    without = encode_anchor(clique_anchor(LOG, 8, 2, acknowledgements=()))
    assert len(without[13]) == 3
    assert parse_receipt(EVIDENCE.receipt).anchor == ANCHOR


@pytest.mark.parametrize(
    "more",
    [
        [[]],
        [[], bytes(32)],
        [[[2, bytes(64)]]],
        [[[2, bytes(64)]], bytes(31)],
        [[[2, bytes(63)]], bytes(32)],
        [[[0, bytes(64)]], bytes(32)],
        [[[True, bytes(64)]], bytes(32)],
        [[[2, bytes(64)], [2, bytes(64)]], bytes(32)],
        [[[2, bytes(64)]], bytes(32), b""],
        [[[2, bytes(64)]] * 1025, bytes(32)],
    ],
    ids=lambda more: str(more)[:40],
)
def test_a_malformed_list_of_acknowledgements(more):
    """One form each, and no node twice."""
    parts = encode_anchor(clique_anchor(LOG, 8, 2, acknowledgements=()))
    parts[13] = [*parts[13], *more]
    with pytest.raises(Rejected) as refusal:
        decode_anchor(parts)
    assert refusal.value.code == "MALFORMED_PROOF"


# -- attacks on seals; each rule alone stands in test_cliqueseal


@pytest.mark.parametrize(
    ("sealers", "words"),
    [
        (["stranger", *SEALERS[:2]], "no pinned signer"),
        ([SEALERS[3], SEALERS[3], SEALERS[0], SEALERS[1]], "too early"),
        ([SEALERS[3], SEALERS[0]], "3 must have"),
    ],
)
def test_attack_seals_of_strangers_of_one_twice_and_too_few(sealers, words):
    """Exit 4: whoever sealed it, it is not those who are trusted."""
    evidence = LOG.evidence(5, 8, clique_anchor(LOG, 8, 2, sealers=sealers))
    assert failure(evidence, BY_SIGNERS) == (8, "UNTRUSTED")
    assert words in report(evidence, BY_SIGNERS, None, NOW).steps[7].detail


def test_attack_swapped_headers():
    """Good seals in another order, of another chain, or with one left out between."""
    proof, other = ANCHOR.proof, clique_anchor(Log().fill(9), 9, 2).proof
    assert proof is not None
    assert other is not None
    first, second, third = proof.headers
    for headers in ((first, third, second), (first, third), (first, *other.headers[1:]), (second, third)):
        evidence = LOG.evidence(5, 8, replace(ANCHOR, proof=replace(proof, headers=headers)))
        assert failure(evidence, BY_SIGNERS) == (7, "PROOF_INVALID")


def test_attack_an_anchor_without_its_headers():
    """Where only the verifier's chain has the event, no seal can be counted."""
    told = replace(CHAIN, block_hash=ANCHOR.block_hash)
    bare = LOG.evidence(5, 8, replace(ANCHOR, proof=None))
    assert failure(bare, BY_SIGNERS, told) == (8, "UNTRUSTED")
    assert failure(bare, BY_ACCOUNTS, told) == (8, "UNTRUSTED")


# -- attacks on acknowledgements


@pytest.mark.parametrize(
    "changes",
    [
        {"size": 9},
        {"prev_size": 3},
        {"root": bytes(32)},
        {"contract": bytes(20)},
        {"chain_id": 1},
        {"salt": bytes(32)},
        {"node": 5},
        {"prev_root": LOG.root(3)},
        {"prev_root": bytes(32)},
    ],
    ids=str,
)
def test_attack_replayed_acknowledgements(changes):
    """Of another size, previous size, root, contract, chain, salt, creator or previous root."""
    assert failure(with_acks(acknowledged(LOG, 8, 2, **changes)), BY_ACCOUNTS) == (8, "UNTRUSTED")
    one = (acknowledged(LOG, 8, 2, (2,))[0], acknowledged(LOG, 8, 2, (3,), **changes)[0])
    assert failure(with_acks(one), BY_ACCOUNTS) == (8, "UNTRUSTED")


def test_attack_a_wrong_previous_root_in_the_file():
    """The signatures do not name it; before the first anchor it is zero."""
    assert failure(with_acks(acknowledged(LOG, 8, 2), prev_root=LOG.root(3)), BY_ACCOUNTS) == (8, "UNTRUSTED")
    first = clique_anchor(LOG, 8, 0)
    assert grounds(BY_ACCOUNTS, LOG.evidence(5, 8, first)) == ["accounts"]
    assert first.proof is not None
    false = replace(first, proof=replace(first.proof, prev_root=LOG.root(8)))
    assert failure(LOG.evidence(5, 8, false), BY_ACCOUNTS) == (7, "PROOF_INVALID")


def test_attack_the_creators_own_operator_is_not_counted():
    """Not by its name, and not by the creator's number under another name."""
    own = {**ACCOUNTS.operators, OPERATOR: {5: frozenset({address("node 5")})}}
    given = with_acks(acknowledged(LOG, 8, 2, (2, 5)))
    trust = replace(BARE, accounts=Accounts(SALT, own, 2))
    assert failure(given, trust) == (8, "UNTRUSTED")
    alias = {1: frozenset({address("node 1")}), 5: frozenset({address("node 5")})}
    renamed = {**ACCOUNTS.operators, "https://example.org/own": alias}
    assert failure(given, replace(BARE, accounts=Accounts(SALT, renamed, 2))) == (8, "UNTRUSTED")


def test_attack_two_nodes_of_one_operator_count_once():
    """Operators are counted, not nodes."""
    nodes = {2: frozenset({address("node 2")}), 6: frozenset({address("node 6")})}
    trust = replace(BARE, accounts=replace(ACCOUNTS, operators={**ACCOUNTS.operators, FARM: nodes}))
    assert failure(with_acks(acknowledged(LOG, 8, 2, (2, 6))), trust) == (8, "UNTRUSTED")
    assert grounds(trust, with_acks(acknowledged(LOG, 8, 2, (2, 6, 3)))) == ["accounts"]


def test_attack_accounts_of_foreign_and_revoked_nodes():
    """A node that is not pinned, and a key that is no more that of its node, or is that of another."""
    assert failure(with_acks(acknowledged(LOG, 8, 2, (2, 9))), BY_ACCOUNTS) == (8, "UNTRUSTED")
    revoked = {of: nodes for of, nodes in ACCOUNTS.operators.items() if of != HOLDERS[3]}
    assert failure(EVIDENCE, replace(BARE, accounts=replace(ACCOUNTS, operators=revoked))) == (8, "UNTRUSTED")
    for names in (["node 2", "old node 3"], ["node 3", "node 2"], ["node 2", "node 2"]):
        assert failure(with_acks(acknowledged(LOG, 8, 2, names=names)), BY_ACCOUNTS) == (8, "UNTRUSTED")


def test_a_node_that_replaced_its_account_has_both():
    """Each counts for the node, once."""
    nodes = {3: frozenset({address("node 3"), address("old node 3")})}
    trust = replace(BARE, accounts=replace(ACCOUNTS, operators={**ACCOUNTS.operators, HOLDERS[3]: nodes}))
    for name in ("node 3", "old node 3"):
        assert grounds(trust, with_acks(acknowledged(LOG, 8, 2, names=["node 2", name]))) == ["accounts"]


def test_attack_high_s():
    """A signature of no form that the contract takes; and its twin, which is somebody else's."""
    (node, good), other = acknowledged(LOG, 8, 2)
    none = (node, good[:32] + b"\x7f" + b"\xff" * 31)
    assert failure(with_acks((none, other)), BY_ACCOUNTS) == (8, "PROOF_INVALID")
    twin = (ORDER - (int.from_bytes(good[32:], "big") & ~(1 << 255))).to_bytes(32, "big")
    assert failure(with_acks(((node, good[:32] + twin), other)), BY_ACCOUNTS)[0] == 8


def test_attack_acknowledgements_that_the_event_does_not_name():
    """Added, left out or in another order: the event in the block says which there were."""
    two, three = acknowledged(LOG, 8, 2)
    four = acknowledged(LOG, 8, 2, (4,))[0]
    for given in ((two,), (three, two), (two, three, four), (two, four)):
        assert failure(_claimed(given), BY_ACCOUNTS) == (7, "PROOF_INVALID")


def _claimed(given):
    proof = ANCHOR.proof
    assert proof is not None
    return LOG.evidence(5, 8, _with(ANCHOR, replace(proof, acks=given)))


def _with(anchor: Anchor, proof) -> Anchor:
    assert keccak256(proof.headers[0]) == anchor.block_hash
    return replace(anchor, proof=proof)


def test_attack_acknowledgements_that_were_left_out():
    """A proof of the first release has none: the trust is refused, not waived."""
    assert failure(with_acks(()), BY_ACCOUNTS) == (8, "UNTRUSTED")
    assert failure(with_acks(()), BY_ALL) == (8, "UNTRUSTED")
