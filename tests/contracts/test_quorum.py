"""The quorum rule of `Members`, against a table written by hand and by random walks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.evm import Deployed, Evm, Reverted
from tests.contracts.world import ADMIN, NETWORK, World

# active operators: the quorums that may stand (protocol section 3)
ALLOWED = {0: {0, 1}, 1: {0, 1}, 2: {1}, 3: {1}, 4: {1, 2}, 5: {1, 2, 3}, 6: {1, 2, 3, 4}}


@pytest.mark.parametrize("quorum", range(4))
def test_deployment(quorum, refused):
    """A network starts with 0 or 1: more needs operators."""
    if quorum in ALLOWED[0]:
        assert Deployed.create(Evm(), ADMIN, NETWORK, ADMIN, quorum).read("quorum") == quorum
        return
    with refused(f"QuorumOutOfBounds(quorum={quorum}, operators=0)"):
        Deployed.create(Evm(), ADMIN, NETWORK, ADMIN, quorum)


@pytest.mark.parametrize("operators", range(1, 7))
def test_set_quorum_table(world_of, refused, operators):
    """Every quorum from 0 to 7 for every number of operators."""
    world = world_of(operators)
    for quorum in [*range(8), 255]:
        if quorum in ALLOWED[operators]:
            assert world.admin("setQuorum", quorum).events() == [("QuorumChanged", {"quorum": quorum})]
            assert world.contract.read("quorum") == quorum
        else:
            with refused(f"QuorumOutOfBounds(quorum={quorum}, operators={operators})"):
                world.admin("setQuorum", quorum)


def test_second_operator_raises_zero_to_one(one):
    """Quorum 0 is for one operator only; a quorum of 1 set before stays and is not announced again."""
    assert one.contract.read("quorum") == 0
    events = one.admin("enrolOperator", "urn:example:b").events()
    assert [name for name, _ in events] == ["OperatorEnrolled", "QuorumChanged"]
    assert one.contract.read("quorum") == 1
    assert [name for name, _ in one.admin("enrolOperator", "urn:example:c").events()] == ["OperatorEnrolled"]


@pytest.mark.parametrize(
    ("operators", "quorum", "may"), [(5, 3, False), (5, 2, True), (4, 2, False), (4, 1, True), (3, 1, True)]
)
def test_revocation_keeps_the_ceiling(world_of, refused, operators, quorum, may):
    """An operator is not revoked while the quorum needs it; lowering the quorum first lets it go."""
    world = world_of(operators)
    world.admin("setQuorum", quorum)
    if not may:
        with refused(f"QuorumOutOfBounds(quorum={quorum}, operators={operators - 1})"):
            world.admin("revokeOperator", 1)
        world.admin("setQuorum", quorum - 1)
    world.admin("revokeOperator", 1)
    assert world.contract.read("activeOperators") == operators - 1


def test_back_to_one_operator_is_a_decision(world_of, refused):
    """With its partner gone the last operator cannot anchor until the admin says quorum 0."""
    world = world_of(2)
    world.admin("revokeOperator", 2)
    assert world.contract.read("quorum") == 1
    with refused("QuorumNotMet(quorum=1)"):
        world.anchor(world[1], 1, b"r" * 32)
    world.admin("setQuorum", 0)
    world.anchor(world[1], 1, b"r" * 32)


STEP = st.one_of(
    st.just(("enrol", 0)),
    st.tuples(st.just("revoke"), st.integers(1, 9)),
    st.tuples(st.just("quorum"), st.integers(0, 6)),
)


@given(st.lists(STEP, max_size=25))
def test_bounds_hold_after_every_step(steps):
    """Whatever the admin tries, in whatever order, the quorum stands within the table's bounds."""
    world = World(Evm(), 0)
    for number, (step, value) in enumerate(steps):
        try:
            if step == "enrol":
                world.admin("enrolOperator", f"urn:example:{number}")
            else:
                world.admin("revokeOperator" if step == "revoke" else "setQuorum", value)
        except Reverted as error:
            if error.name not in {"OperatorNotActive", "QuorumOutOfBounds"}:
                raise
        operators = world.contract.read("activeOperators")
        floor, ceiling = (0, 1) if operators < 2 else (1, max(1, operators - 2))
        assert floor <= world.contract.read("quorum") <= ceiling
