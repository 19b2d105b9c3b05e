"""Who takes part: enrolment, uniqueness, roles, revocation, the admin."""

import pytest
from eth_hash.auto import keccak

from tests.contracts.evm import Deployed, Evm
from tests.contracts.world import ADMIN, CREATOR, HOLDER, NETWORK, STRANGER, h
from tracehold.adapters.ethereum import abi

ADDRESS = b"\x99" * 20


def node_arguments(**changes):
    """Arguments of an enrolNode that is fine, with changes."""
    fields = {
        "operator": 1,
        "account": ADDRESS,
        "nodeKey": h("fresh key"),
        "log": h("fresh log"),
        "roles": CREATOR,
        "record": b"record",
    }
    return tuple({**fields, **changes}.values())


def test_deployment_tells_everything_by_events():
    """The constructor emits admin and quorum, so that events alone give the contract's history."""
    evm = Evm()
    made = evm.execute(STRANGER, b"", abi.encode_deploy(NETWORK, ADMIN, 1))
    contract = Deployed(evm, made.created)
    assert [(name, *values.values()) for name, values in made.events()] == [
        ("AdminChanged", "0x" + "00" * 20, "0x" + ADMIN.hex()),
        ("QuorumChanged", 1),
    ]
    assert contract.read("networkId") == NETWORK
    assert contract.read("quorum") == 1
    assert contract.read("salt") == evm.parent.hash


@pytest.mark.parametrize(("network", "admin"), [(bytes(32), ADMIN), (NETWORK, bytes(20))])
def test_deployment_refuses_zero(network, admin, refused):
    """A network without id or admin could never be told from another, or never be changed."""
    with refused("ZeroValue"):
        Deployed.create(Evm(), ADMIN, network, admin, 0)


def test_operators_are_numbered_from_one(four):
    """Numbers ascend, and each operator is found by number and by party."""
    assert four.contract.read("operatorCount") == four.contract.read("activeOperators") == 4
    party = "https://id.gs1.org/417/9521141234503"
    assert four.contract.read("operatorAt", 3) == (keccak(party.encode()), True)
    assert four.contract.read("operatorOf", party) == 3
    assert four.contract.read("operatorAt", 5) == (bytes(32), False)
    assert four.contract.read("operatorAt", 0) == (bytes(32), False)
    assert four.contract.read("operatorOf", "urn:nobody") == 0


def test_enrolment_event_carries_the_party(one):
    """The party's text stands in the event; storage has its hash."""
    (event, quorum_event) = one.admin("enrolOperator", "urn:example:mill").events()
    assert event == ("OperatorEnrolled", {"operator": 2, "party": "urn:example:mill"})
    assert quorum_event[0] == "QuorumChanged"


def test_party_is_unique_among_active_operators(four, refused):
    """One party would count twice in a quorum; after a revocation it may come back under a new number."""
    party = "https://id.gs1.org/417/9521141234503"
    with refused("PartyTaken"):
        four.admin("enrolOperator", party)
    four.admin("revokeOperator", 3)
    four.admin("enrolOperator", party)
    assert four.contract.read("operatorOf", party) == 5
    assert four.contract.read("operatorAt", 3) == (keccak(party.encode()), False)
    with refused("PartyTaken"):
        four.admin("enrolOperator", party)


def test_party_length(one, refused):
    """Between 1 and 512 bytes."""
    with refused("ZeroValue"):
        one.admin("enrolOperator", "")
    with refused("PartyTooLong"):
        one.admin("enrolOperator", "u" * 513)
    one.admin("enrolOperator", "u" * 512)


def test_nodes_are_numbered_from_one(four):
    """A node is found by number, account and log, with everything that newcomers need."""
    company = four[2]
    assert four.contract.read("nodeCount") == 4
    assert four.contract.read("nodeAt", 2) == (
        2,
        "0x" + company.account.hex(),
        CREATOR | HOLDER,
        True,
        h("node key", 2),
        company.log,
        keccak(b"record 2"),
    )
    assert four.contract.read("nodeOf", company.account) == 2
    assert four.contract.read("nodeOfLog", company.log) == 2
    assert four.contract.read("nodeOf", STRANGER) == four.contract.read("nodeOfLog", h("no log")) == 0
    nothing = (0, "0x" + "00" * 20, 0, False, bytes(32), bytes(32), bytes(32))
    assert four.contract.read("nodeAt", 5) == four.contract.read("nodeAt", 0) == nothing


def test_node_event_carries_the_whole_record(one):
    """A newcomer finds endpoints and certificates from the chain alone."""
    (event,) = one.admin("enrolNode", *node_arguments(record=b"r" * 8192)).events()
    assert event[0] == "NodeEnrolled"
    assert event[1]["record"] == b"r" * 8192
    assert (event[1]["node"], event[1]["operator"], event[1]["roles"]) == (2, 1, CREATOR)


@pytest.mark.parametrize(
    ("error", "changes"),
    [
        ("OperatorNotActive", {"operator": 0}),
        ("OperatorNotActive", {"operator": 2}),
        ("ZeroValue", {"account": bytes(20)}),
        ("ZeroValue", {"nodeKey": bytes(32)}),
        ("ZeroValue", {"log": bytes(32)}),
        ("ZeroValue", {"record": b""}),
        ("RecordTooLong", {"record": b"r" * 8193}),
        ("BadRoles", {"roles": 4}),
        ("BadRoles", {"roles": 255}),
        ("KeyTaken", {"nodeKey": h("node key", 1)}),
        ("LogTaken", {"log": h("log", 1)}),
    ],
)
def test_bad_node_is_refused(one, refused, error, changes):
    """Every field has a rule, and a refused enrolment takes no number."""
    with refused(error):
        one.admin("enrolNode", *node_arguments(**changes))
    assert one.contract.read("nodeCount") == 1


def test_account_is_unique_ever(four, refused):
    """An account of a revoked node stays taken: its signatures must never count for another number."""
    four.admin("revokeNode", 2)
    for account in (four[1].account, four[2].account):
        with refused("AccountTaken"):
            four.admin("enrolNode", *node_arguments(account=account))
    with refused("KeyTaken"):
        four.admin("enrolNode", *node_arguments(nodeKey=h("node key", 2)))
    with refused("LogTaken"):
        four.admin("enrolNode", *node_arguments(log=four[2].log))


def test_node_numbers_are_never_reused(four):
    """After a revocation the next node gets the next number."""
    four.admin("revokeNode", 4)
    four.admin("enrolNode", *node_arguments())
    assert four.contract.read("nodeOf", ADDRESS) == 5
    assert four.contract.read("nodeAt", 4)[3] is False


def test_roles_change(four, refused):
    """The admin sets roles; 0 suspends, other bits are refused."""
    assert four.admin("setNodeRoles", 2, HOLDER).events() == [
        ("NodeRolesChanged", {"node": 2, "roles": HOLDER})
    ]
    assert four.contract.read("nodeAt", 2)[2] == HOLDER
    four.admin("setNodeRoles", 2, 0)
    with refused("BadRoles"):
        four.admin("setNodeRoles", 2, 4)
    for unknown in (0, 5):
        with refused("NodeNotActive"):
            four.admin("setNodeRoles", unknown, CREATOR)


def test_revoked_node_stays_revoked(four, refused):
    """No role, and no second revocation, brings it back."""
    assert four.admin("revokeNode", 2).events() == [("NodeRevoked", {"node": 2})]
    assert four.contract.read("nodeAt", 2)[2:4] == (0, False)
    with refused("NodeNotActive"):
        four.admin("setNodeRoles", 2, CREATOR)
    with refused("NodeNotActive"):
        four.admin("revokeNode", 2)


def test_revoked_operator_takes_its_nodes_along(four, refused):
    """All its nodes turn inactive at once, each with an event, others do not; one revoked before is not told
    twice.
    """
    second, third = four.node(2), four.node(2)
    four.admin("revokeNode", third.number)
    assert four.contract.read("nodesOf", 2) == (2, second.number, third.number)
    assert four.admin("revokeOperator", 2).events() == [
        ("OperatorRevoked", {"operator": 2}),
        ("NodeRevoked", {"node": 2}),
        ("NodeRevoked", {"node": second.number}),
    ]
    assert [four.contract.read("nodeAt", number)[3] for number in (1, 2, second.number)] == [
        True,
        False,
        False,
    ]
    for function, arguments in [("setNodeRoles", (2, HOLDER)), ("revokeNode", (2,))]:
        with refused("NodeNotActive"):
            four.admin(function, *arguments)
    with refused("OperatorNotActive"):
        four.admin("revokeOperator", 2)
    with refused("OperatorNotActive"):
        four.admin("enrolNode", *node_arguments(operator=2))


def test_unknown_operator_is_not_revoked(four, refused):
    """Neither 0 nor the next number, nor one that shares its bit in another word."""
    for number in (0, 5, 257, 2**32 - 1):
        with refused("OperatorNotActive"):
            four.admin("revokeOperator", number)


def test_node_may_leave_by_itself(four, refused):
    """A holder that leaves deactivates itself before it deletes; it cannot do that to others."""
    four.contract.send(four[2].account, "revokeNode", 2)
    assert four.contract.read("nodeAt", 2)[3] is False
    with refused("NotAdmin"):
        four.contract.send(four[3].account, "revokeNode", 4)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("enrolOperator", ("urn:example:x",)),
        ("revokeOperator", (1,)),
        ("enrolNode", node_arguments()),
        ("setNodeRoles", (1, CREATOR)),
        ("revokeNode", (1,)),
        ("setQuorum", (1,)),
        ("proposeAdmin", (STRANGER,)),
    ],
)
def test_attack_stranger_and_members_are_not_the_admin(four, refused, function, arguments):
    """Neither stranger nor member may change members; the same call by the admin is fine."""
    for caller in (STRANGER, four[2].account):
        with refused("NotAdmin"):
            four.contract.send(caller, function, *arguments)
    four.admin(function, *arguments)


def test_admin_changes_in_two_steps(one, refused):
    """Only the account that was named takes over, and then the old one has no say."""
    with refused("NotPendingAdmin"):
        one.contract.send(STRANGER, "acceptAdmin")
    (proposed,) = one.admin("proposeAdmin", STRANGER).events()
    assert proposed == ("AdminProposed", {"admin": "0x" + STRANGER.hex()})
    assert one.contract.read("admin") == "0x" + ADMIN.hex()
    with refused("NotPendingAdmin"):
        one.admin("acceptAdmin")
    (changed,) = one.contract.send(STRANGER, "acceptAdmin").events()
    assert changed == ("AdminChanged", {"previous": "0x" + ADMIN.hex(), "current": "0x" + STRANGER.hex()})
    with refused("NotAdmin"):
        one.admin("setQuorum", 0)
    with refused("NotPendingAdmin"):
        one.contract.send(STRANGER, "acceptAdmin")


def test_admin_proposal_can_be_withdrawn(one, refused):
    """Naming zero takes the proposal back."""
    one.admin("proposeAdmin", STRANGER)
    one.admin("proposeAdmin", bytes(20))
    with refused("NotPendingAdmin"):
        one.contract.send(STRANGER, "acceptAdmin")


def test_operator_of_many_nodes_can_be_revoked(one, refused):
    """An operator enrols at most 512 nodes, so that revoking it always fits into a block."""
    one.admin("enrolOperator", "urn:example:b")
    for _ in range(512):
        one.node(2)
    with refused("TooManyNodes"):
        one.node(2)
    revoked = one.admin("revokeOperator", 2)
    assert len(revoked.logs) == 513
    assert one.contract.read("nodeAt", 513)[3] is False
    assert one.contract.read("nodeAt", 1)[3] is True
