"""`retire`: a log that ends, by its own node and for ever; what goes on."""

from dataclasses import replace

import pytest
from coincurve import PrivateKey

from tests.contracts.world import ADMIN, CREATOR, HOLDER, STRANGER, Company, World, h

ROOT = h("root")


def retire(world: World, company: Company, size: int):
    """Sent by the company's account."""
    return world.contract.send(company.account, "retire", size)


def test_retiring_keeps_the_final_head(four):
    """The event names it, the roles change by their own event, and the head stays readable."""
    four.anchor(four[1], 5, ROOT, four.ack(four[1], 5, ROOT, four[2]))
    assert not four.contract.read("retiredOf", 1)
    assert retire(four, four[1], 5).events() == [
        ("NodeRolesChanged", {"node": 1, "roles": HOLDER}),
        ("LogRetired", {"node": 1, "size": 5, "root": ROOT}),
    ]
    assert four.contract.read("retiredOf", 1)
    assert four.head(1)[:2] == (ROOT, 5)
    assert [four.contract.read("retiredOf", number) for number in (0, 2, 5)] == [False] * 3


def test_a_log_that_was_never_anchored_is_retired_at_nothing(four, refused):
    """Its log can never begin."""
    (_, event) = retire(four, four[1], 0).events()
    assert event == ("LogRetired", {"node": 1, "size": 0, "root": bytes(32)})
    with refused("NotCreator"):
        four.anchor(four[1], 1, ROOT, four.ack(four[1], 1, ROOT, four[2]))


@pytest.mark.parametrize("size", [0, 4, 6, 2**64 - 1])
def test_a_head_that_is_not_the_last_one_is_refused(four, refused, size):
    """An anchor that got lost, or one that was not seen, is noticed while it can still be made."""
    four.anchor(four[1], 5, ROOT, four.ack(four[1], 5, ROOT, four[2]))
    with refused("StaleHead(current=5)"):
        retire(four, four[1], size)
    assert not four.contract.read("retiredOf", 1)
    four.anchor(four[1], 6, ROOT, four.ack(four[1], 6, ROOT, four[2]))


def test_nothing_of_it_is_anchored_again(four, refused):
    """Not by the node, with everybody's acknowledgement; and the log's id is taken for ever."""
    four.anchor(four[1], 5, ROOT, four.ack(four[1], 5, ROOT, four[2]))
    retire(four, four[1], 5)
    with refused("NotCreator"):
        four.anchor(four[1], 6, ROOT, four.ack(four[1], 6, ROOT, four[2], four[3], four[4]))
    with refused("LogTaken"):
        four.admin("enrolNode", 1, b"\x77" * 20, h("key"), four[1].log, CREATOR, b"record")


@pytest.mark.parametrize("roles", [CREATOR, CREATOR | HOLDER])
def test_attack_the_admin_gives_creator_back(four, refused, roles):
    """Nor by way of taking every role first."""
    retire(four, four[1], 0)
    with refused("LogIsRetired"):
        four.admin("setNodeRoles", 1, roles)
    four.admin("setNodeRoles", 1, 0)
    with refused("LogIsRetired"):
        four.admin("setNodeRoles", 1, roles)


def test_attack_replacing_keys_brings_nothing_back(four, refused):
    """The new account's seat is as retired as the old one's."""
    retire(four, four[1], 0)
    new = replace(four[1], key=PrivateKey(h("another key")))
    four.contract.send(four[1].account, "replaceKeys", new.account, h("fresh key"), b"record")
    assert four.contract.read("retiredOf", 1)
    with refused("LogIsRetired"):
        four.admin("setNodeRoles", 1, CREATOR)
    for company in (four[1], new):
        with refused("NotCreator"):
            four.anchor(company, 1, ROOT, four.ack(four[1], 1, ROOT, four[2]))


def test_it_goes_on_as_a_holder_until_it_is_revoked(four, refused):
    """Its acknowledgements count; HOLDER may be taken and given; revoked, it stays retired."""
    retire(four, four[1], 0)
    four.anchor(four[2], 1, ROOT, four.ack(four[2], 1, ROOT, four[1]))
    four.admin("setNodeRoles", 1, 0)
    four.admin("setNodeRoles", 1, HOLDER)
    four.anchor(four[2], 2, ROOT, four.ack(four[2], 2, ROOT, four[1]))
    four.admin("revokeNode", 1)
    with refused("AckNotHolder(node=1)"):
        four.anchor(four[2], 3, ROOT, four.ack(four[2], 3, ROOT, four[1]))
    assert four.contract.read("retiredOf", 1)


def test_the_operator_goes_on_with_another_node(four):
    """A successor's log, whose header names the retired one, has its own head."""
    retire(four, four[1], 0)
    successor = four.node(1)
    four.anchor(successor, 1, ROOT, four.ack(successor, 1, ROOT, four[2]))
    assert four.head(successor.number)[1] == 1
    assert not four.contract.read("retiredOf", successor.number)


def test_a_suspended_node_may_retire(four):
    """Its log is its own to end, whatever the admin took from it."""
    four.admin("setNodeRoles", 1, 0)
    assert retire(four, four[1], 0).events()[0] == ("NodeRolesChanged", {"node": 1, "roles": 0})


def test_attack_nobody_else_retires_a_log(four, refused):
    """Not a stranger, not the admin, not an account that the node replaced, and nobody twice."""
    new = replace(four[1], key=PrivateKey(h("another key")))
    four.contract.send(four[1].account, "replaceKeys", new.account, h("fresh key"), b"record")
    for caller in (STRANGER, ADMIN, four[1].account):
        with refused("NodeNotActive"):
            four.contract.send(caller, "retire", 0)
    retire(four, new, 0)
    with refused("LogIsRetired"):
        retire(four, new, 0)
    assert [four.contract.read("retiredOf", number) for number in (1, 2, 3, 4)] == [True] + [False] * 3


def test_a_revoked_node_retires_nothing(four, refused):
    """By itself or with its operator: what it anchored last is its last head already."""
    four.admin("revokeNode", 1)
    four.admin("revokeOperator", 2)
    for number in (1, 2):
        with refused("NodeNotActive"):
            retire(four, four[number], 0)
