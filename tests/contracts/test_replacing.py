"""A node that replaces its account, its key and its record by itself: what goes on, and what ends."""

from dataclasses import replace

import pytest
from coincurve import PrivateKey

from tests.contracts.world import ADMIN, CREATOR, HOLDER, STRANGER, Company, World, h

RECORD = b"a new record"
ROOT = h("root")


def renewed(company: Company) -> Company:
    """The same node with another account."""
    return replace(company, key=PrivateKey(h("another key", company.number)))


def replace_keys(world: World, company: Company, account: bytes, key: bytes, record: bytes = RECORD):
    """Sent by the company's account."""
    return world.contract.send(company.account, "replaceKeys", account, key, record)


@pytest.fixture
def three(four: World) -> tuple[World, Company, Company]:
    """A network in which node 3 has replaced everything; node 3 as it was, and as it is."""
    old, new = four[3], renewed(four[3])
    replace_keys(four, old, new.account, h("fresh key"))
    return four, old, new


def test_the_node_is_known_by_its_new_account_key_and_record(four):
    """Under its number, with its operator, roles and log; the event has all that storage has as hashes."""
    new = renewed(four[3])
    before = four.contract.read("nodeAt", 3)
    (event,) = replace_keys(four, four[3], new.account, h("fresh key")).events()
    account = "0x" + new.account.hex()
    said = {"node": 3, "account": account, "nodeKey": h("fresh key"), "record": RECORD}
    assert event == ("NodeReplaced", said)
    operator, _, roles, active, _, log, _ = before
    found = four.contract.read("nodeAt", 3)
    assert found[:6] == (operator, account, roles, active, h("fresh key"), log)
    assert found[6] != before[6]
    assert four.contract.read("nodeOf", new.account) == four.contract.read("nodeOf", four[3].account) == 3
    assert four.contract.read("nodeCount") == 4


def test_its_log_goes_on_under_the_new_account(four, refused):
    """The head stays; the old account anchors no more, also not what it anchored before."""
    old, new = four[3], renewed(four[3])
    four.anchor(old, 10, ROOT, four.ack(old, 10, ROOT, four[1]))
    replace_keys(four, old, new.account, h("fresh key"))
    given = four.ack(new, 20, ROOT, four[1])
    with refused("NotCreator"):
        four.anchor(old, 20, ROOT, given)
    four.anchor(new, 20, ROOT, given)
    assert four.head(3)[1] == 20


def test_its_acknowledgements_count_by_the_account_in_force(three, refused):
    """Those of the old account, made before or after, end with it: they are collected again."""
    world, old, new = three
    for signer, error in ((old, "AckNotHolder(node=3)"), (new, None)):
        given = world.ack(world[1], 5, ROOT, signer)
        if error:
            with refused(error):
                world.anchor(world[1], 5, ROOT, given)
        else:
            world.anchor(world[1], 5, ROOT, given)


def test_only_what_is_new_need_be_new(four):
    """A new record alone keeps account and key; so it is with a new certificate."""
    key = four.contract.read("nodeAt", 3)[4]
    replace_keys(four, four[3], four[3].account, key)
    replace_keys(four, four[3], four[3].account, h("fresh key"))
    replace_keys(four, four[3], renewed(four[3]).account, h("fresh key"))
    assert four.contract.read("nodeAt", 3)[4] == h("fresh key")


def test_attack_a_key_or_account_that_was_replaced_is_nobodys_any_more(three, refused):
    """Neither the node itself nor a new one gets it: what it signed stays of its time."""
    world, old, new = three
    for account, key, error in (
        (old.account, h("fresh key"), "AccountTaken"),
        (new.account, h("node key", 3), "KeyTaken"),
        (world[1].account, h("fresh key"), "AccountTaken"),
        (new.account, h("node key", 1), "KeyTaken"),
    ):
        with refused(error):
            replace_keys(world, new, account, key)
    for account, key, error in (
        (old.account, h("k"), "AccountTaken"),
        (b"\x77" * 20, h("node key", 3), "KeyTaken"),
    ):
        with refused(error):
            world.admin("enrolNode", 1, account, key, h("fresh log"), CREATOR, b"record")


def test_attack_the_old_account_does_nothing_any_more(three, refused):
    """It neither replaces nor revokes the node, nor anchors or acknowledges for it."""
    world, old, _ = three
    with refused("NodeNotActive"):
        replace_keys(world, old, old.account, h("another"))
    with refused("NotAdmin"):
        world.contract.send(old.account, "revokeNode", 3)


@pytest.mark.parametrize("caller", [STRANGER, ADMIN])
def test_attack_nobody_else_replaces_a_node(four, refused, caller):
    """Not the admin either: it could take over a log."""
    with refused("NodeNotActive"):
        four.contract.send(caller, "replaceKeys", b"\x77" * 20, h("fresh key"), RECORD)


def test_a_revoked_node_replaces_nothing(four, refused):
    """By itself or with its operator."""
    four.admin("revokeNode", 3)
    with refused("NodeNotActive"):
        replace_keys(four, four[3], four[3].account, h("fresh key"))


def test_revocation_reaches_the_new_account(three, refused):
    """Of the node or of its operator, and the node may leave by it."""
    world, _, new = three
    world.contract.send(new.account, "revokeNode", 3)
    assert world.contract.read("nodeAt", 3)[2:4] == (0, False)
    with refused("NotCreator"):
        world.anchor(new, 1, ROOT)


def test_revoking_the_operator_reaches_the_new_account(three, refused):
    """And tells it once."""
    world, _, new = three
    assert [name for name, _ in world.admin("revokeOperator", 3).events()] == [
        "OperatorRevoked",
        "NodeRevoked",
    ]
    with refused("NotCreator"):
        world.anchor(new, 1, ROOT)


def test_roles_are_kept_and_set_as_before(four):
    """A suspended node stays suspended; the admin's word reaches the new account."""
    four.admin("setNodeRoles", 3, 0)
    new = renewed(four[3])
    replace_keys(four, four[3], new.account, h("fresh key"))
    assert four.contract.read("nodeAt", 3)[2] == 0
    four.admin("setNodeRoles", 3, HOLDER)
    assert four.contract.read("nodeAt", 3)[2] == HOLDER


@pytest.mark.parametrize(
    ("account", "key", "record", "error"),
    [
        (bytes(20), h("k"), RECORD, "ZeroValue"),
        (b"\x77" * 20, bytes(32), RECORD, "ZeroValue"),
        (b"\x77" * 20, h("k"), b"", "ZeroValue"),
        (b"\x77" * 20, h("k"), bytes(8193), "RecordTooLong"),
    ],
)
def test_limits(four, refused, account, key, record, error):
    """As at enrolment."""
    with refused(error):
        replace_keys(four, four[3], account, key, record)
