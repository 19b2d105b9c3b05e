"""Random operations have the same verdicts, errors by name and value, of the contract and of a model."""

from collections import Counter
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.contracts.model import Model, Node, Signed, Statement
from tests.contracts.operations import OPERATIONS, Difference, Operations

SEEDS = range(20)
TAKEN_AND = {
    "enrolOperator": "NotAdmin ZeroValue PartyTooLong PartyTaken",
    "revokeOperator": "NotAdmin OperatorNotActive QuorumOutOfBounds",
    "enrolNode": "NotAdmin OperatorNotActive ZeroValue RecordTooLong BadRoles AccountTaken KeyTaken LogTaken",
    "replaceKeys": "NodeNotActive ZeroValue RecordTooLong AccountTaken KeyTaken",
    "setNodeRoles": "NotAdmin BadRoles NodeNotActive LogIsRetired",
    "revokeNode": "NotAdmin NodeNotActive",
    "setQuorum": "NotAdmin QuorumOutOfBounds",
    "proposeAdmin": "NotAdmin",
    "acceptAdmin": "NotPendingAdmin",
    "anchor": "NotCreator StaleHead SizeNotGrowing CrossesSegment ZeroRoot QuorumNotMet"
    " BadAck AckNotHolder AckOwnOperator AckOrder",
    "supersede": "NotCreator BadReplacement AlreadySuperseded NotIncluded",
    "retire": "StaleHead NodeNotActive LogIsRetired",
    "archive": "NotCreator ZeroValue SegmentOpen",
}


def compared(judge: type[Model]) -> Counter[tuple[str, str]]:
    """100 operations on each network: how often each verdict was given. Raises Difference."""
    verdicts: Counter[tuple[str, str]] = Counter()
    for seed in SEEDS:
        network = Operations(seed, judge)
        network.run(100)
        verdicts += network.verdicts
    return verdicts


def test_the_same_verdicts_over_1000_operations():
    """On 20 networks, and among them is every verdict that the rules know."""
    verdicts = compared(Model)
    assert verdicts.total() >= 1000
    known = {(function, name) for function, names in TAKEN_AND.items() for name in (*names.split(), "taken")}
    assert set(verdicts) == known


class Networks(RuleBasedStateMachine):
    """Hypothesis chooses the operations and what is random in them, and makes a failing sequence short."""

    def __init__(self) -> None:
        super().__init__()
        self.network = Operations(0)

    @rule(name=st.sampled_from(list(OPERATIONS)), random=st.randoms(use_true_random=False))
    def operation(self, name: str, random: Random) -> None:
        """Done to both. Raises Difference."""
        self.network.random = random
        getattr(self.network, name)()

    def teardown(self) -> None:
        """All that the contract shows is what the model knows."""
        self.network.compare()


def test_the_same_verdicts_in_any_order():
    """20 networks of up to 50 operations."""
    bounds = settings(max_examples=20, stateful_step_count=50, deadline=None)
    run_state_machine_as_test(Networks, settings=bounds)


class OwnOperatorCounts(Model):
    """Planted: a second node of one's own is an acknowledger."""

    def own(self, holder: Node, creator: Node) -> bool:
        """As planted."""
        return False


class OneOperatorTwice(Model):
    """Planted: operators need not ascend strictly."""

    def unordered(self, operator: int, last: int) -> bool:
        """As planted."""
        return operator < last


class AnyPreviousRoot(Model):
    """Planted: an acknowledgement counts over another history."""

    def signed(self, ack: Signed, said: Statement) -> bool:
        """As planted."""
        return ack.sound and (ack.statement.size, ack.statement.root) == (said.size, said.root)


class HighS(Model):
    """Planted: a signature's twin counts."""

    def signed(self, ack: Signed, said: Statement) -> bool:
        """As planted."""
        return ack.statement == said


class NoFloor(Model):
    """Planted: a second operator does not raise the quorum."""

    def floor(self, operators: int) -> int:
        """As planted."""
        return 0


class PathLengthIgnored(Model):
    """Planted: whatever is appended to a path does no harm."""

    def included(self, number: int, entry: bytes, index: int, path: tuple[bytes, ...]) -> bool:
        """As planted."""
        return any(super(PathLengthIgnored, self).included(number, entry, index, path[:n]) for n in range(9))


class RetiredCreatesAgain(Model):
    """Planted: the admin gives a retired log's node its role back."""

    def set_node_roles(self, caller: bytes, number: int, roles: int) -> None:
        """As planted."""
        for node in self.nodes:
            node.retired = False
        super().set_node_roles(caller, number, roles)


class OldAccountCreates(Model):
    """Planted: the account that a node replaced has its rights still."""

    def seat(self, account: bytes) -> Node | None:
        """As planted."""
        return next((node for node in self.nodes if node.number == self.accounts.get(account)), None)


@pytest.mark.parametrize(
    "planted",
    [
        OwnOperatorCounts,
        OneOperatorTwice,
        AnyPreviousRoot,
        HighS,
        NoFloor,
        PathLengthIgnored,
        RetiredCreatesAgain,
        OldAccountCreates,
    ],
)
def test_a_planted_difference_is_found(planted):
    """The same operations find each rule that is changed in the model."""
    with pytest.raises(Difference):
        compared(planted)
