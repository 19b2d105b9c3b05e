"""Who may redact what: the pure part."""

import pytest

from tests.logs import FARM, FARM_KEY, MILL, MILL_KEY, NODE_KEY, OPERATOR, STRANGER_KEY, Log, control
from tests.rosters import admit, refused, roster
from tracehold.core import record
from tracehold.core.control import Enrol, Redact
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint
from tracehold.core.redaction import check_redaction

LOG = Log()
LOG.say(Enrol(MILL, MILL_KEY.public))
EVENT = LOG.event()
"""Entry 3, by the farm."""


def named(index: int = EVENT) -> Redact:
    """The redaction of an entry."""
    return Redact(record.fingerprint(LOG.entries[index]), index)


def allowed(key, party: str, says: Redact | None = None) -> str:
    """The code with which this signer's redaction is refused; empty where it is not."""
    says = says or named()
    redaction = record.parse(control(says, key, party, 9))
    try:
        check_redaction(roster(LOG), redaction, says, record.parse(LOG.entries[says.index]))
    except Rejected as refusal:
        return refusal.code
    return ""


@pytest.mark.parametrize(
    ("key", "party"),
    [(FARM_KEY, FARM), (NODE_KEY, FARM), (NODE_KEY, OPERATOR)],
    ids=["the party itself", "the creator for the party", "the creator under law"],
)
def test_the_speaker_and_the_creator_may(key, party):
    """Whoever said it, and whoever keeps the log."""
    assert allowed(key, party) == ""
    admit(roster(LOG), 4, control(named(), key, party, 9))


def test_security_redaction_by_a_stranger_or_another_party():
    """An enrolled one may not either; a stranger's record does not come so far."""
    assert allowed(MILL_KEY, MILL) == "BAD_CONTROL"
    assert refused(roster(LOG), 4, control(named(), STRANGER_KEY, FARM)) == "KEY_NOT_ENROLLED"
    assert refused(roster(LOG), 4, control(named(), STRANGER_KEY, "urn:x:nobody")) == "UNKNOWN_PARTY"


def test_what_says_who_may_speak_is_not_redacted():
    """Without it the log could not be replayed."""
    for index in (0, 1, 2):
        assert allowed(NODE_KEY, OPERATOR, named(index)) == "BAD_CONTROL"


def test_a_redaction_names_one_record_at_its_place():
    """Not another one there, and none to come."""
    other = Redact(Fingerprint(bytes(32)), EVENT)
    assert allowed(FARM_KEY, FARM, other) == "BAD_CONTROL"
    for index in (4, 5):
        says = Redact(named().fingerprint, index)
        assert refused(roster(LOG), 4, control(says, FARM_KEY, FARM)) == "BAD_CONTROL"
