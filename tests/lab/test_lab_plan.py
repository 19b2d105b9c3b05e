"""What a lab is to be: who runs its nodes, how many copies, which quorum."""

from dataclasses import replace

import pytest

from tracehold.core.errors import Broken, Rejected
from tracehold.core.gs1 import canonical
from tracehold.lab.companies import MOST, companies
from tracehold.lab.plan import (
    PORTS_OF_A_NODE,
    check_same,
    from_json,
    grown,
    new_plan,
    ports_needed,
    quorum_of,
    to_json,
)


def plan(nodes: int, replicas: int | None = None):
    """A plan on invented ports."""
    return new_plan(nodes, replicas, range(1000, 1000 + ports_needed(nodes)))


@pytest.mark.parametrize(
    ("nodes", "replicas", "target", "quorum"),
    [
        (1, None, 1, 0),
        (2, None, 2, 1),
        (3, None, 3, 1),
        (3, 2, 2, 1),
        (4, None, 3, 2),
        (5, None, 3, 2),
        (5, 2, 2, 1),
        (5, 5, 5, 2),
        (MOST, None, 3, 2),
    ],
)
def test_target_and_quorum_of_a_lab(nodes: int, replicas: int | None, target: int, quorum: int):
    """Three copies where there are three nodes; a quorum that the copies can meet."""
    made = plan(nodes, replicas)
    assert (made.target, made.quorum) == (target, quorum)


@pytest.mark.parametrize("operators", range(1, MOST + 1))
def test_quorum_stays_in_the_contract_s_bounds(operators: int):
    """From three operators on at most operators - 2, from two on at least 1 (contracts/src/Members.sol)."""
    for target in range(min(2, operators), operators + 1):
        quorum = quorum_of(operators, target)
        assert quorum <= (operators - 2 if operators >= 3 else operators - 1)
        assert quorum <= max(0, target - 1)
        assert quorum >= min(1, operators - 1)


@pytest.mark.parametrize(
    ("nodes", "replicas"), [(0, None), (-1, None), (MOST + 1, None), (3, 4), (3, 0), (3, 1), (1, 2)]
)
def test_labs_that_cannot_be(nodes: int, replicas: int | None):
    """Nobody, too many, more copies than nodes, or no second copy where the contract asks for one."""
    with pytest.raises(Rejected) as refusal:
        plan(nodes, replicas)
    assert refusal.value.code == "BAD_REQUEST"


def test_every_company_has_a_name_and_a_party_of_its_own():
    """Canonical PGLNs with right check digits, none twice; the supply chain's companies come first."""
    found = list(companies(MOST))
    assert len({name for name, _ in found}) == len({party for _, party in found}) == MOST
    assert all(canonical(party) == party for _, party in found)
    assert [name for name, _ in found[:3]] == ["mill", "warehouse", "board"]


def test_every_port_is_used_once():
    """One of the chain and three of each node."""
    made = plan(4)
    ports = [made.chain_port] + [p for s in made.seats for p in (s.grpc_port, s.rest_port, s.peer_port)]
    assert sorted(ports) == list(range(1000, 1013))


def test_tokens_are_of_one_node_and_one_lab():
    """No token serves twice."""
    tokens = [t for made in (plan(3), plan(3)) for s in made.seats for t in (s.capture_token, s.read_token)]
    assert len(set(tokens)) == len(tokens) == 12


def test_plan_survives_its_file():
    """What is written is what is read."""
    made = plan(5, 2)
    assert from_json(to_json(made)) == made


@pytest.mark.parametrize(("nodes", "target", "quorum"), [(1, 2, 1), (2, 2, 1), (3, 3, 2), (5, 3, 2)])
def test_a_lab_that_grows(nodes: int, target: int, quorum: int):
    """One company more, that nobody was before, with one seed; the others stay as they are."""
    before = plan(nodes)
    after = grown(before, range(9000, 9000 + PORTS_OF_A_NODE), before.seats[-1].name)
    assert after.seats[:-1] == before.seats
    newcomer = after.seats[-1]
    assert (newcomer.name, newcomer.operator) == list(companies(nodes + 1))[-1]
    assert newcomer.seed == before.seats[-1].peer
    assert (newcomer.grpc_port, newcomer.rest_port, newcomer.peer_port) == (9000, 9001, 9002)
    assert (after.target, after.quorum) == (target, quorum)
    assert from_json(to_json(after)) == after


def test_a_newcomer_is_no_member_yet():
    """Until it is enrolled the lab is not built; what was enrolled stays so."""
    before = replace(plan(3), enrolled=3)
    assert before.built
    after = grown(before, range(3), "mill")
    assert (after.built, after.enrolled) == (False, 3)


@pytest.mark.parametrize(
    ("nodes", "seed", "code"), [(MOST, "mill", "BAD_REQUEST"), (3, "node4", "NOT_FOUND")]
)
def test_a_lab_that_cannot_grow(nodes: int, seed: str, code: str):
    """Full, or through a node that is not there."""
    with pytest.raises(Rejected) as refusal:
        grown(plan(nodes), range(3), seed)
    assert refusal.value.code == code


@pytest.mark.parametrize("document", [{}, {"seats": [{}]}, {"seats": [], "more": 1}, {"seats": 3}])
def test_a_plan_of_something_else_is_refused(document: dict):
    """A file that this release did not write starts nothing."""
    with pytest.raises(Broken) as broken:
        from_json(document)
    assert broken.value.code == "CORRUPT"


def test_the_nodes_are_told_where_a_name_is_wrong():
    """Whoever mistypes a name learns the right ones."""
    with pytest.raises(Rejected) as refusal:
        plan(3).seat("baker")
    assert refusal.value.code == "NOT_FOUND"
    assert "mill, warehouse, board" in refusal.value.remedy


def test_audits_make_blocks_and_other_ones_are_another_network():
    """Blocks come by the second, or as asked; epochs too short to anchor in are refused, off is off."""
    audited = new_plan(3, None, range(1000, 1010), audits_s=20)
    assert (audited.block_s, audited.audits_s) == (1.0, 20)
    assert new_plan(3, None, range(1000, 1010), 2.0, audits_s=20).block_s == 2.0
    assert (plan(3).block_s, plan(3).audits_s) == (0.0, 0)
    check_same(audited, None, None, None, 20)
    check_same(audited, None, None, None)
    for other in (0, 21):
        with pytest.raises(Rejected) as caught:
            check_same(audited, None, None, None, other)
        assert caught.value.code == "CONFLICT"
    for seconds in (-1, 9, 86_401):
        with pytest.raises(Rejected) as caught:
            new_plan(3, None, range(1000, 1010), audits_s=seconds)
        assert (caught.value.code, caught.value.path) == ("BAD_REQUEST", "audits")
