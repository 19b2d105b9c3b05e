"""Who speaks, by position: header, enrolment, delegation."""

import pytest

from tests.logs import (
    FARM,
    FARM_KEY,
    MILL,
    MILL_KEY,
    NETWORK,
    NODE_KEY,
    OPERATOR,
    STRANGER_KEY,
    Log,
    control,
    header,
)
from tests.rosters import SECOND_KEY, admit, check, event, refused, roster
from tracehold.core import record
from tracehold.core.control import Enrol, LogHeader, Mandate, Revoke
from tracehold.core.errors import Rejected
from tracehold.core.header import Kind
from tracehold.core.ids import LogId, NetworkId
from tracehold.core.roster import Level, Roster

# -- the header


def test_the_header_names_log_operator_network_and_key():
    """A log is identified by its header's fingerprint; whoever signs it is the operator."""
    log = Log()
    found = roster(log)
    assert (found.log, found.operator, found.network) == (log.id, OPERATOR, NETWORK)
    assert found.node_key == NODE_KEY.public


def test_a_log_does_not_start_with_anything_else():
    """Entry 0 is a header, signed by the key in it, for the network in it."""
    for raw in (
        control(Enrol(FARM, FARM_KEY.public), NODE_KEY, OPERATOR),
        record.sign(header(NODE_KEY, OPERATOR), b"{}", NODE_KEY),
        control(LogHeader(NETWORK, NODE_KEY.public, bytes(32)), STRANGER_KEY, OPERATOR),
        control(LogHeader(NetworkId(bytes(32)), NODE_KEY.public, bytes(32)), NODE_KEY, OPERATOR),
    ):
        with pytest.raises(Rejected) as refusal:
            Roster.from_header(record.parse(raw))
        assert refusal.value.code in {"BAD_CONTROL", "BAD_SIGNATURE", "WRONG_NETWORK"}


def test_the_node_key_speaks_for_the_operator_from_the_start():
    """No enrolment is needed, and saying so again changes nothing."""
    log = Log()
    log.say(Enrol(OPERATOR, NODE_KEY.public))
    found = roster(log)
    for index in (0, 1, 5):
        speaker = found.speaker(event(NODE_KEY, OPERATOR), index)
        assert (speaker.party, speaker.level) == (OPERATOR, Level.SIGNED_BY_PARTY)


# -- enrolment and position


def test_a_key_signs_after_its_enrolment():
    """Enrolled by entry 1: from entry 2 on."""
    found = roster()
    assert found.check(event(), 2) == FARM_KEY.public
    assert found.speaker(event(), 2).level == Level.SIGNED_BY_PARTY
    assert found.parties() == {FARM}


def test_a_key_does_not_sign_before_its_enrolment():
    """Nor at the position of the enrolment itself."""
    found = roster()
    assert [check(found, event(), index) for index in (0, 1)] == ["UNKNOWN_PARTY"] * 2


def test_unknown_parties_and_foreign_keys_are_told_apart():
    """So that the remedy fits: enrol the party, or use the right key."""
    found = roster()
    assert check(found, event(MILL_KEY, MILL), 2) == "UNKNOWN_PARTY"
    assert check(found, event(STRANGER_KEY, FARM), 2) == "KEY_NOT_ENROLLED"


def test_one_party_does_not_speak_for_another():
    """A key is enrolled for a party, not as such."""
    log = Log()
    log.say(Enrol(MILL, MILL_KEY.public))
    assert check(roster(log), event(FARM_KEY, MILL), 3) == "KEY_NOT_ENROLLED"


def test_a_record_of_another_network_is_refused():
    """A record of a test network does not replay here, whoever signed it."""
    found = roster()
    for key, iss in ((FARM_KEY, FARM), (NODE_KEY, OPERATOR)):
        assert check(found, event(key, iss, NetworkId(bytes(32))), 2) == "WRONG_NETWORK"


def test_only_the_node_key_enrols():
    """A party cannot enrol a key, not even for itself; nor can the operator in a party's name."""
    found = roster()
    more = Enrol(FARM, SECOND_KEY.public)
    assert refused(found, 2, control(more, FARM_KEY, FARM)) == "BAD_CONTROL"
    assert refused(found, 2, control(more, NODE_KEY, FARM)) == "BAD_CONTROL"
    assert refused(found, 2, control(more, STRANGER_KEY, OPERATOR)) == "UNKNOWN_PARTY"


def test_the_node_key_cannot_be_passed_off_as_a_partys():
    """Else the operator's word would look signed by the party."""
    assert refused(roster(), 2, control(Enrol(FARM, NODE_KEY.public), NODE_KEY, OPERATOR)) == "BAD_CONTROL"


def test_enrolling_again_changes_nothing():
    """The first position counts."""
    log = Log()
    log.say(Enrol(FARM, FARM_KEY.public))
    assert roster(log).check(event(), 2) == FARM_KEY.public


def test_one_key_may_serve_two_parties():
    """A company with two GLNs uses one key; each enrolment stands for itself."""
    log = Log()
    log.say(Enrol(MILL, FARM_KEY.public))
    log.say(Revoke(FARM_KEY.public.kid), FARM_KEY, MILL)
    found = roster(log)
    assert found.check(event(FARM_KEY, FARM), 4) == FARM_KEY.public
    assert check(found, event(FARM_KEY, MILL), 4) == "KEY_REVOKED"


# -- delegation


def test_what_the_node_key_signs_for_others_is_asserted():
    """Without a mandate it is the operator's word, and is called that."""
    speaker = roster().speaker(event(NODE_KEY, MILL), 2)
    assert (speaker.party, speaker.operator) == (MILL, OPERATOR)
    assert speaker.level == Level.DELEGATED_ASSERTED


@pytest.mark.parametrize("named", [False, True])
def test_a_mandate_of_the_party_raises_the_level(named):
    """From the entry after it, in this log."""
    log = Log()
    log.say(Mandate(OPERATOR, log.id if named else None), FARM_KEY, FARM)
    found = roster(log)
    levels = [found.speaker(event(NODE_KEY, FARM), index).level for index in (2, 3)]
    assert levels == [Level.DELEGATED_ASSERTED, Level.DELEGATED_WITH_MANDATE]


def test_the_operator_does_not_mandate_itself():
    """A mandate is signed by the party's own key; else it would be the operator's word once more."""
    found = roster()
    for iss in (FARM, OPERATOR):
        assert refused(found, 2, control(Mandate(OPERATOR), NODE_KEY, iss)) == "BAD_CONTROL"


@pytest.mark.parametrize("mandate", [Mandate(MILL), Mandate(OPERATOR, LogId(bytes(32)))])
def test_a_mandate_for_another_operator_or_log_is_refused(mandate):
    """It would have no effect here, and the party should learn that."""
    assert refused(roster(), 2, control(mandate, FARM_KEY, FARM)) == "BAD_CONTROL"


def test_a_mandate_by_a_suspect_key_is_suspect():
    """Doubt about the key that gave the mandate is doubt about what is signed by it."""
    log = Log()
    log.say(Mandate(OPERATOR), FARM_KEY, FARM)
    log.say(Revoke(FARM_KEY.public.kid, 2))
    speaker = roster(log).speaker(event(NODE_KEY, FARM), 4)
    assert (speaker.level, speaker.suspect) == (Level.DELEGATED_WITH_MANDATE, True)


# -- what is no control record


def test_other_kinds_change_nothing():
    """Events and unknown kinds pass by."""
    log = Log().fill(3)
    kind = "application/vnd.tracehold.notice+cbor"
    log.add(record.sign(header(FARM_KEY, FARM, kind), b"?", FARM_KEY))
    assert roster(log).parties() == {FARM}


def test_a_second_header_is_refused():
    """A log has one identity."""
    again = control(LogHeader(NETWORK, NODE_KEY.public, bytes(32)), NODE_KEY, OPERATOR)
    assert refused(roster(), 2, again) == "BAD_CONTROL"


def test_a_node_record_is_no_entry():
    """It is published on the chain."""
    raw = record.sign(header(NODE_KEY, OPERATOR, Kind.NODE), b"\xa0", NODE_KEY)
    assert refused(roster(), 2, raw) == "BAD_CONTROL"


def test_a_copy_is_independent():
    """A batch is tried on a copy; the roster itself waits until the batch is on disk."""
    found = roster()
    trial = found.copy()
    admit(trial, 2, control(Enrol(FARM, SECOND_KEY.public), NODE_KEY, OPERATOR))
    admit(trial, 3, control(Enrol(MILL, MILL_KEY.public), NODE_KEY, OPERATOR))
    assert trial.check(event(SECOND_KEY), 4) == SECOND_KEY.public
    assert check(found, event(SECOND_KEY), 4) == "KEY_NOT_ENROLLED"
    assert found.parties() == {FARM}


def test_a_mandate_given_again_heals_a_doubted_one():
    """From its own position on; what was delegated before stays doubted."""
    log = Log()
    log.say(Mandate(OPERATOR), FARM_KEY, FARM)
    log.say(Enrol(FARM, SECOND_KEY.public))
    log.say(Revoke(FARM_KEY.public.kid, 2))
    log.say(Mandate(OPERATOR), SECOND_KEY, FARM)
    found = roster(log)
    speakers = [found.speaker(event(NODE_KEY, FARM), index) for index in (3, 5, 6)]
    assert {speaker.level for speaker in speakers} == {Level.DELEGATED_WITH_MANDATE}
    assert [speaker.suspect for speaker in speakers] == [True, True, False]
