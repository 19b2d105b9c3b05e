"""A node key that is replaced: which key is in force where, and who may say so."""

from dataclasses import replace

import pytest

from tests.logs import FARM, FARM_KEY, MILL_KEY, NODE_KEY, OPERATOR, STRANGER_KEY, Log, control
from tests.rosters import SECOND_KEY, check, event, refused, roster
from tests.verifications import ANCHOR, CHAIN, EVENT, failure
from tracehold.core import record
from tracehold.core.control import Enrol, Mandate, Revoke, Rotate
from tracehold.core.evidence import Evidence, report
from tracehold.core.keys import Ed25519Key
from tracehold.core.roster import Level

THIRD_KEY = Ed25519Key.from_seed(b"\x0a" * 32)


def rotated(log: Log | None = None, key: Ed25519Key = SECOND_KEY) -> Log:
    """The log with its node key replaced by the next entry; what follows is signed with the new one."""
    log = log or Log()
    log.say(Rotate(key.public))
    log.node_key = key
    return log


def test_the_new_key_signs_from_the_next_entry_on():
    """And the old one up to and with the rotation."""
    found = roster(rotated())
    assert found.node_key == SECOND_KEY.public
    assert found.check(event(NODE_KEY, OPERATOR), 2) == NODE_KEY.public
    assert check(found, event(NODE_KEY, OPERATOR), 3) == "KEY_REVOKED"
    assert found.check(event(SECOND_KEY, OPERATOR), 3) == SECOND_KEY.public
    assert check(found, event(SECOND_KEY, OPERATOR), 2) == "KEY_NOT_ENROLLED"


def test_log_operator_and_parties_stay():
    """A log is no key: mandates and enrolments go on, old records keep their speakers."""
    log = Log()
    log.say(Mandate(OPERATOR), FARM_KEY, FARM)
    before = log.event(NODE_KEY)
    found = roster(rotated(log))
    after = len(log.entries)
    assert (found.log, found.operator, found.parties()) == (log.id, OPERATOR, frozenset({FARM}))
    told = [found.speaker(event(NODE_KEY), before), found.speaker(event(SECOND_KEY), after)]
    assert [speaker.level for speaker in told] == [Level.DELEGATED_WITH_MANDATE] * 2
    assert found.speaker(event(SECOND_KEY, OPERATOR), after).level is Level.SIGNED_BY_PARTY


def test_it_may_be_replaced_again():
    """Each key has its span of the log."""
    found = roster(rotated(rotated(), THIRD_KEY))
    for key, index in ((NODE_KEY, 2), (SECOND_KEY, 3), (THIRD_KEY, 4)):
        assert found.check(event(key, OPERATOR), index) == key.public
    assert check(found, event(SECOND_KEY, OPERATOR), 4) == "KEY_REVOKED"


def test_the_new_key_enrols_and_revokes():
    """What the node key may say, the next one may say."""
    log = rotated()
    log.say(Enrol(OPERATOR, SECOND_KEY.public))
    log.say(Enrol(FARM, MILL_KEY.public))
    log.say(Revoke(FARM_KEY.public.kid))
    found = roster(log)
    assert found.check(event(MILL_KEY), 6) == MILL_KEY.public
    assert check(found, event(FARM_KEY), 6) == "KEY_REVOKED"


# -- who may not


def test_security_a_rotation_claimed_by_a_key_that_is_not_in_force():
    """By the one that was replaced, by the one that is to come, by a stranger."""
    found = roster(rotated())
    for key, code in (
        (NODE_KEY, "KEY_REVOKED"),
        (THIRD_KEY, "UNKNOWN_PARTY"),
        (STRANGER_KEY, "UNKNOWN_PARTY"),
    ):
        assert refused(found, 3, control(Rotate(THIRD_KEY.public), key, OPERATOR)) == code


def test_security_a_rotation_by_a_party_is_refused():
    """Also where the node key signs it, but in a party's name."""
    found = roster()
    for key in (FARM_KEY, NODE_KEY):
        assert refused(found, 2, control(Rotate(THIRD_KEY.public), key, FARM)) == "BAD_CONTROL"


@pytest.mark.parametrize("key", [NODE_KEY, SECOND_KEY, FARM_KEY], ids=["first", "present", "a party's"])
def test_security_a_key_that_is_in_use_does_not_become_the_node_key(key):
    """A key has one meaning in a log, for ever."""
    found = roster(rotated())
    assert refused(found, 3, control(Rotate(key.public), SECOND_KEY, OPERATOR)) == "BAD_CONTROL"


def test_security_a_former_node_key_becomes_nobodys_key():
    """Neither a party's nor the operator's own."""
    found = roster(rotated())
    for party in (FARM, OPERATOR):
        says = control(Enrol(party, NODE_KEY.public), SECOND_KEY, OPERATOR)
        assert refused(found, 3, says) == "BAD_CONTROL"


def test_a_copy_grows_apart():
    """A batch that is tried out rotates nothing."""
    log = Log()
    found = roster(log)
    twin = found.copy()
    twin.apply(2, record.parse(control(Rotate(SECOND_KEY.public), NODE_KEY, OPERATOR)))
    assert (found.node_key, twin.node_key) == (NODE_KEY.public, SECOND_KEY.public)


# -- proofs over the rotation

LOG = rotated(Log().fill(6)).fill(10)
"""The rotation is entry 6: checkpoints up to size 6 are of the first key."""


def evidence(size: int, controls: tuple[int, ...], key: Ed25519Key = SECOND_KEY) -> Evidence:
    """Of entry 5, under a checkpoint of this size that `key` signed."""
    LOG.node_key = key
    try:
        return LOG.evidence(5, size, ANCHOR_OF_8, controls)
    finally:
        LOG.node_key = SECOND_KEY


ANCHOR_OF_8 = replace(ANCHOR, log=LOG.id, root=LOG.root(8), proof=None)
NOW_NEW = replace(
    CHAIN,
    event=replace(EVENT, root=LOG.root(8)),
    node_log=LOG.id,
    node_key=SECOND_KEY.public.raw,
    former_keys=frozenset({NODE_KEY.public.raw}),
)


def test_a_checkpoint_is_judged_by_the_key_in_force_at_its_size():
    """The one that covers the rotation is of the new key, and the contract has that at its anchor."""
    found = report(evidence(8, (0, 1, 6)), None, NOW_NEW, 0)
    assert found.error is None, found.error
    assert found.speaker is not None
    assert found.speaker.party == FARM


def test_a_receipt_of_before_the_rotation_grows_into_an_anchor_behind_it():
    """Its checkpoint is of the old key; the contract had it before the anchor's block."""
    found = report(evidence(6, (0, 1), NODE_KEY), None, NOW_NEW, 0)
    assert found.error is None, found.error


def test_security_a_checkpoint_behind_a_rotation_by_the_old_key_is_false():
    """Whether the rotation is told, or left out."""
    told = evidence(8, (0, 1, 6), NODE_KEY)
    assert failure(told, None, NOW_NEW, 0) == (5, "PROOF_INVALID")
    assert failure(evidence(8, (0, 1), NODE_KEY), None, NOW_NEW, 0) == (8, "PROOF_INVALID")


def test_security_a_new_key_without_its_rotation_is_false():
    """Nothing in the file says that it is the node's."""
    assert failure(evidence(8, (0, 1)), None, NOW_NEW, 0) == (5, "PROOF_INVALID")


def test_security_a_rotation_that_the_contract_does_not_know_is_false():
    """A header and its log are the operator's own word: who makes one up does not have the contract's key."""
    before = replace(NOW_NEW, node_key=NODE_KEY.public.raw, former_keys=frozenset())
    assert failure(evidence(8, (0, 1, 6)), None, before, 0) == (8, "PROOF_INVALID")
    stranger = replace(NOW_NEW, former_keys=frozenset())
    assert failure(evidence(6, (0, 1), NODE_KEY), None, stranger, 0) == (8, "PROOF_INVALID")
