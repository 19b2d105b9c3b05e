"""Revocation by position: who revokes, what stays valid, what is suspect."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs import (
    FARM,
    FARM_KEY,
    MILL,
    MILL_KEY,
    NODE_KEY,
    OPERATOR,
    STRANGER_KEY,
    Log,
    control,
    header,
)
from tests.rosters import SECOND_KEY, admit, check, event, refused, roster
from tracehold.core import record
from tracehold.core.control import Control, Enrol, Revoke
from tracehold.core.errors import Rejected
from tracehold.core.ids import KeyId


def test_a_revoked_key_signs_up_to_its_revocation():
    """Revoked by entry 3: good at 2, refused from 4 on."""
    log = Log()
    log.event()
    log.say(Revoke(FARM_KEY.public.kid))
    found = roster(log)
    assert found.check(event(), 2) == FARM_KEY.public
    assert check(found, event(), 4) == "KEY_REVOKED"


def test_a_back_dated_record_of_a_revoked_key_is_refused():
    """iat long before the revocation does not help: positions decide."""
    log = Log()
    log.say(Revoke(FARM_KEY.public.kid))
    early = header(FARM_KEY, FARM, number=-1_000_000)
    parsed = record.parse(record.sign(early, b"{}", FARM_KEY))
    assert check(roster(log), parsed, 3) == "KEY_REVOKED"


def test_a_party_revokes_its_own_key():
    """With the key itself, or with another one of the same party."""
    for signer in (FARM_KEY, SECOND_KEY):
        log = Log()
        log.say(Enrol(FARM, SECOND_KEY.public))
        log.say(Revoke(FARM_KEY.public.kid), signer, FARM)
        found = roster(log)
        assert check(found, event(), 4) == "KEY_REVOKED"
        assert found.check(event(SECOND_KEY), 4) == SECOND_KEY.public


def test_nobody_revokes_a_strangers_key():
    """Not another party, not the operator in the party's name, not a revoked key."""
    log = Log()
    log.say(Enrol(MILL, MILL_KEY.public))
    found = roster(log)
    revoke = Revoke(FARM_KEY.public.kid)
    assert refused(found, 3, control(revoke, MILL_KEY, MILL)) == "BAD_CONTROL"
    assert refused(found, 3, control(revoke, NODE_KEY, FARM)) == "BAD_CONTROL"
    log.say(revoke)
    again = control(Revoke(FARM_KEY.public.kid, 0), FARM_KEY, FARM)
    assert refused(roster(log), 4, again) == "KEY_REVOKED"


def test_a_revoked_key_does_not_come_back():
    """Whoever stole it could use it again."""
    log = Log()
    log.say(Revoke(FARM_KEY.public.kid))
    again = control(Enrol(FARM, FARM_KEY.public), NODE_KEY, OPERATOR)
    assert refused(roster(log), 3, again) == "BAD_CONTROL"


@pytest.mark.parametrize("kid", [NODE_KEY.public.kid, STRANGER_KEY.public.kid])
def test_revoking_what_is_not_enrolled_is_refused(kid):
    """The node key is rotated, never revoked; and a mistyped key is an error, not silence."""
    assert refused(roster(), 2, control(Revoke(KeyId(kid)), NODE_KEY, OPERATOR)) == "BAD_CONTROL"


def test_suspect_records_are_flagged_and_kept():
    """Suspect since entry 3: valid as before, and said."""
    log = Log().fill(6)
    log.say(Revoke(FARM_KEY.public.kid, 3))
    found = roster(log)
    assert [found.speaker(event(), index).suspect for index in (2, 3, 5)] == [False, True, True]


def test_doubt_may_grow_and_never_shrinks():
    """A second revocation may name an earlier position; the revocation's own position stays."""
    log = Log().fill(6)
    log.say(Revoke(FARM_KEY.public.kid, 5))
    log.say(Revoke(FARM_KEY.public.kid, 3))
    log.say(Revoke(FARM_KEY.public.kid, 6))
    found = roster(log)
    assert [found.speaker(event(), index).suspect for index in (2, 3)] == [False, True]
    assert check(found, event(), 7) == "KEY_REVOKED"


def test_suspicion_of_the_future_is_refused():
    """A revocation speaks of what there is."""
    revoke = control(Revoke(FARM_KEY.public.kid, 3), NODE_KEY, OPERATOR)
    assert refused(roster(), 2, revoke) == "BAD_CONTROL"


SAYS: dict[str, Control] = {"enrol": Enrol(FARM, FARM_KEY.public), "revoke": Revoke(FARM_KEY.public.kid)}


@given(st.lists(st.sampled_from(["enrol", "revoke", "event"]), max_size=12))
def test_validity_never_depends_on_what_comes_later(steps):
    """What was valid at a position stays valid there, whatever the log says afterwards."""
    log, verdicts = Log(), {}
    found = roster(log)
    for step in steps:
        index = len(log.entries)
        verdicts[index] = valid(found, index)
        raw = log.entries[0] if step == "event" else control(SAYS[step], NODE_KEY, OPERATOR, index)
        if step != "event":
            try:
                admit(found, index, raw)
            except Rejected:
                continue
        log.add(raw)
    assert {index: valid(found, index) for index in verdicts} == verdicts


def valid(found, index):
    """Whether the farm's key signs at this position."""
    try:
        found.check(event(), index)
    except Rejected:
        return False
    return True


def test_the_operator_revokes_a_key_for_all_parties():
    """One entry, however many share the key; and it comes back for none of them, nor for another."""
    log = Log()
    log.say(Enrol(MILL, FARM_KEY.public))
    log.say(Revoke(FARM_KEY.public.kid, 3))
    found = roster(log)
    for party in (FARM, MILL):
        assert check(found, event(FARM_KEY, party), 4) == "KEY_REVOKED"
        assert found.speaker(event(FARM_KEY, party), 3).suspect
    again = control(Enrol("https://id.gs1.org/417/9521321000041", FARM_KEY.public), NODE_KEY, OPERATOR)
    assert refused(found, 4, again) == "BAD_CONTROL"


def test_security_revoking_costs_the_same_for_one_party_and_for_many():
    """An operator that enrols one key for thousands cannot make its readers walk them at each revocation."""
    log = Log()
    for number in range(50):
        log.say(Enrol(f"urn:x:{number}", FARM_KEY.public))
    found = roster(log)
    before = {party: dict(keys) for party, keys in found._book.keys.items()}
    admit(found, 60, control(Revoke(FARM_KEY.public.kid), NODE_KEY, OPERATOR))
    assert {party: dict(keys) for party, keys in found._book.keys.items()} == before
    assert len(found._book.revoked) == 1
    assert check(found, event(FARM_KEY, "urn:x:49"), 61) == "KEY_REVOKED"
