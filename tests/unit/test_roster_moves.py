"""A party that changes operator: what a move does in the log it leaves and in the one it comes to, and which
speakers are one afterwards.
"""

import pytest

from tests.logs import FARM, FARM_KEY, MILL, MILL_KEY, NODE_KEY, OPERATOR, STRANGER_KEY, Log, control
from tests.rosters import SECOND_KEY, admit, check, event, refused, roster
from tracehold.core import record
from tracehold.core.control import Enrol, Mandate, Move, Revoke
from tracehold.core.ids import LogId
from tracehold.core.keys import Ed25519Key
from tracehold.core.roster import Level, Roster
from tracehold.core.voices import voice

NEW_OPERATOR = "https://id.gs1.org/417/9521321000058"
NEW_NODE_KEY = Ed25519Key.from_seed(b"\x09" * 32)
BOTH = "both"


class Pair:
    """Two logs of two operators, each with the farm's key enrolled by entry 1."""

    def __init__(self) -> None:
        self.old = Log()
        self.new = Log(node_key=NEW_NODE_KEY, operator=NEW_OPERATOR)
        self.said = 0

    def away(self, key=FARM_KEY, party: str = FARM) -> bytes:
        """A record by which the farm moves from the old to the new log; every time another one."""
        self.said += 1
        return control(Move(NEW_OPERATOR, self.new.id, self.old.id), key, party, 90 + self.said)

    def moved(self, where: str = BOTH, key=FARM_KEY) -> "Pair":
        """In both logs, or in one of them."""
        for name, log in (("old", self.old), ("new", self.new)):
            if where in (name, BOTH):
                log.add(self.away(key))
        return self

    def rosters(self) -> dict[LogId, Roster]:
        """Of both logs, each admitted record by record."""
        return {log.id: roster(log) for log in (self.old, self.new)}

    def voice(self, log: Log, index: int, party: str = FARM) -> str:
        """Whose statement an entry of the node key for the party is."""
        rosters = self.rosters()
        said = event(log.node_key, party)
        return voice(rosters, rosters[log.id].speaker(said, index), log.id, index)


@pytest.fixture
def pair() -> Pair:
    """Nobody has moved yet."""
    return Pair()


# -- in one log


def test_the_keys_of_a_party_that_moved_away_sign_no_more(pair):
    """All of them, from the next entry on; others are not concerned."""
    pair.old.say(Enrol(FARM, SECOND_KEY.public))
    pair.old.say(Enrol(MILL, FARM_KEY.public))
    found, at = roster(pair.moved("old").old), 4
    for key in (FARM_KEY, SECOND_KEY):
        assert found.check(event(key), at) == key.public
        assert check(found, event(key), at + 1) == "KEY_REVOKED"
    assert found.check(event(FARM_KEY, MILL), at + 1) == FARM_KEY.public


def test_its_mandate_ends_too(pair):
    """What the operator says in its name afterwards is the operator's word."""
    pair.old.say(Mandate(OPERATOR), FARM_KEY, FARM)
    found = roster(pair.moved("old").old)
    levels = [found.speaker(event(NODE_KEY), index).level for index in (3, 4)]
    assert levels == [Level.DELEGATED_WITH_MANDATE, Level.DELEGATED_ASSERTED]


def test_it_comes_back_with_another_key(pair):
    """The old one does not: nobody could tell by its positions which stay it signed in."""
    found = roster(pair.moved("old").old)
    assert refused(found, 3, control(Enrol(FARM, FARM_KEY.public), NODE_KEY, OPERATOR)) == "BAD_CONTROL"
    admit(found, 3, control(Enrol(FARM, SECOND_KEY.public), NODE_KEY, OPERATOR))
    assert found.check(event(SECOND_KEY), 4) == SECOND_KEY.public


def test_its_keys_go_on_where_it_came(pair):
    """A move ends nothing in the new log."""
    found = roster(pair.moved("new").new)
    assert found.check(event(), 3) == FARM_KEY.public


# -- forged moves


def test_security_a_move_signed_by_the_operator_is_refused(pair):
    """In the party's name, with the node key, in either log."""
    for log in (pair.old, pair.new):
        assert refused(roster(log), 2, pair.away(log.node_key)) == "BAD_CONTROL"


def test_security_a_move_by_a_revoked_key_is_refused(pair):
    """Whatever time it claims."""
    pair.old.say(Revoke(FARM_KEY.public.kid))
    assert refused(roster(pair.old), 3, pair.away()) == "KEY_REVOKED"


def test_security_a_move_for_another_party_is_refused(pair):
    """A party moves itself, with its own key."""
    pair.old.say(Enrol(MILL, MILL_KEY.public))
    assert refused(roster(pair.old), 3, pair.away(FARM_KEY, MILL)) == "KEY_NOT_ENROLLED"
    assert refused(roster(pair.old), 3, pair.away(STRANGER_KEY)) == "KEY_NOT_ENROLLED"


def test_security_a_move_does_not_replay_in_a_third_log(pair):
    """It names the two logs that it is between."""
    third = Log(node_key=STRANGER_KEY, operator=MILL)
    assert refused(roster(third), 2, pair.away()) == "BAD_CONTROL"


@pytest.mark.parametrize("log", ["old", "new"])
def test_security_a_move_to_the_same_log_or_to_another_operator_is_refused(pair, log):
    """Who vouches there is who the new log's header says."""
    same = Move(OPERATOR, pair.old.id, pair.old.id)
    assert refused(roster(pair.old), 2, control(same, FARM_KEY, FARM)) == "BAD_CONTROL"
    other = Move(MILL, pair.new.id, pair.old.id)
    assert refused(roster(pair.new), 2, control(other, FARM_KEY, FARM)) == "BAD_CONTROL"


# -- which speakers are one


def test_without_a_move_two_operators_have_two_voices(pair):
    """Whatever both of them enrol."""
    assert pair.voice(pair.old, 2) != pair.voice(pair.new, 2)


def test_what_a_party_said_before_its_move_and_says_after_it_is_one_voice(pair):
    """At any place of the new log, and up to the move in the old one."""
    pair.moved()
    voices = {pair.voice(pair.old, index) for index in (1, 2)}
    voices |= {pair.voice(pair.new, index) for index in (1, 2, 3, 9)}
    assert voices == {f"{FARM} by {NEW_OPERATOR}"}


def test_security_the_old_operator_has_another_voice_after_the_move(pair):
    """It cannot take back what the party says with its new operator, nor what it said before."""
    pair.moved()
    assert pair.voice(pair.old, 3) not in {pair.voice(pair.old, 2), pair.voice(pair.new, 3)}


@pytest.mark.parametrize("where", ["old", "new"])
def test_security_a_move_in_one_log_alone_joins_nothing(pair, where):
    """Neither operator alone comes to the other's voice, whatever keys it enrols for the party."""
    pair.moved(where)
    assert pair.voice(pair.old, 2) != pair.voice(pair.new, 4)


def test_security_a_move_with_two_keys_is_no_move(pair):
    """It is one key, in both logs: an operator cannot answer a party's move with a key that it made up."""
    pair.new.say(Enrol(FARM, SECOND_KEY.public))
    pair.old.add(pair.away())
    pair.new.add(pair.away(SECOND_KEY))
    assert pair.voice(pair.old, 2) != pair.voice(pair.new, 4)


@pytest.mark.parametrize("where", ["old", "new"])
def test_security_a_move_by_a_stolen_key_joins_nothing(pair, where):
    """Either operator may doubt the key since before the move: then nothing has moved."""
    pair.moved()
    log = {"old": pair.old, "new": pair.new}[where]
    log.say(Revoke(FARM_KEY.public.kid, 2))
    assert pair.voice(pair.old, 2) != pair.voice(pair.new, 3)
    if where == "old":
        assert pair.voice(pair.old, 2) == pair.voice(pair.old, 5)


def test_a_key_that_was_doubted_later_has_moved_all_the_same(pair):
    """Suspect since an entry after the move."""
    pair.moved()
    pair.old.say(Revoke(FARM_KEY.public.kid, 3))
    assert pair.voice(pair.old, 2) == pair.voice(pair.new, 3)


def test_other_parties_and_other_logs_of_an_operator_keep_their_voices(pair):
    """A move is of one party, away from one log."""
    pair.moved()
    assert pair.voice(pair.old, 2, MILL) == pair.voice(pair.old, 3, MILL) == f"{MILL} by {OPERATOR}"
    second = Log(node_key=SECOND_KEY, operator=OPERATOR)
    speaker = roster(second).speaker(event(SECOND_KEY), 2)
    rosters = {**pair.rosters(), second.id: roster(second)}
    assert voice(rosters, speaker, second.id, 2) == f"{FARM} by {OPERATOR}"


def test_a_party_may_move_on_and_come_back(pair):
    """Old to new to old again: all that it said itself is one voice, and what was said meanwhile is not."""
    pair.moved()
    pair.old.event(NODE_KEY)
    for log in (pair.old, pair.new):
        log.say(Enrol(FARM, SECOND_KEY.public))
    back = control(Move(OPERATOR, pair.old.id, pair.new.id), SECOND_KEY, FARM, 91)
    left, come = pair.new.add(back), pair.old.add(back)
    own = {pair.voice(pair.old, 2), pair.voice(pair.new, left), pair.voice(pair.old, come + 1)}
    assert own == {f"{FARM} by {OPERATOR} after {pair.old.id.hex()}/2"}
    assert pair.voice(pair.new, left + 1) not in own


def test_moves_in_a_circle_come_to_an_end(pair):
    """A party that names a stay that it had left makes no endless way."""
    for log in (pair.old, pair.new):
        log.say(Enrol(FARM, SECOND_KEY.public))
    back = control(Move(OPERATOR, pair.old.id, pair.new.id), SECOND_KEY, FARM, 91)
    pair.old.add(back)
    pair.moved()
    pair.new.add(back)
    assert pair.voice(pair.old, 2)
    assert pair.voice(pair.new, 2)


def test_without_the_rosters_a_voice_is_party_and_operator(pair):
    """What is not known joins nothing."""
    speaker = roster(pair.moved().old).speaker(event(NODE_KEY), 2)
    assert voice({}, speaker, pair.old.id, 2) == f"{FARM} by {OPERATOR}"


def test_a_copy_grows_apart(pair):
    """A batch that is tried out moves nobody."""
    found = roster(pair.old)
    twin = found.copy()
    twin.apply(2, record.parse(pair.away()))
    assert found.moves(FARM) == []
    assert len(twin.moves(FARM)) == 1
