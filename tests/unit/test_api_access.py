"""Tokens: who is let in, as whom, and what is never told."""

import hashlib

import pytest

from tracehold.api.access import ANONYMOUS_CALLER, Access, Token
from tracehold.core.access import ANONYMOUS
from tracehold.core.errors import Rejected

FARM, MILL = "urn:party:farm", "urn:party:mill"


def token(text: str, *roles: str, party: str | None = None, expires: float | None = None) -> Token:
    """A token with this text."""
    return Token(f"name of {text}", hashlib.sha256(text.encode()).digest(), frozenset(roles), party, expires)


ACCESS = Access(
    [
        token("a", "capture", party=FARM),
        token("b", "interest", "operator"),
        token("c", "capture"),
        token("d", expires=100.0),
        token("e", expires=99.9),
    ],
    lambda: 99.95,
)


def test_no_token_is_anonymous():
    """Nobody is told apart from anybody."""
    assert ACCESS.caller(None) is ANONYMOUS_CALLER
    assert ANONYMOUS_CALLER.reader == ANONYMOUS


def test_token_gives_name_roles_and_party():
    """The reader knows only the roles that are about reading."""
    caller = ACCESS.caller("Bearer a")
    assert (caller.name, caller.party, caller.reader.party) == ("name of a", FARM, FARM)
    assert caller.reader.authenticated
    assert caller.reader.roles == frozenset()
    assert ACCESS.caller("bearer b").reader.roles == {"interest"}


@pytest.mark.parametrize(
    "header", ["Bearer x", "Bearer e", "Basic a", "Bearer", "a", "", "Bearer A", "Bearer a b", "Bearer \x00"]
)
def test_everything_else_is_refused_alike(header: str):
    """Unknown, expired and malformed are one answer: nothing is learned from it."""
    with pytest.raises(Rejected) as caught:
        ACCESS.caller(header)
    assert (caller := caught.value).code == "UNAUTHENTICATED"
    assert caller.message == "the token is not one of this node, or it is expired"


def test_token_expires_at_its_time_and_not_before():
    """At the very second it is refused."""
    assert ACCESS.caller("Bearer d").reader.authenticated
    with pytest.raises(Rejected):
        Access(ACCESS.tokens, lambda: 100.0).caller("Bearer d")


def test_roles_are_required():
    """Without a token the caller is asked for one; with another role it is told what is missing."""
    ACCESS.caller("Bearer b").require("operator")
    with pytest.raises(Rejected, match="UNAUTHENTICATED"):
        ANONYMOUS_CALLER.require("capture")
    with pytest.raises(Rejected, match="FORBIDDEN"):
        ACCESS.caller("Bearer b").require("capture")


def test_capture_is_for_the_token_s_own_party():
    """Named or not, it is the same party; never another one."""
    caller = ACCESS.caller("Bearer a")
    assert caller.captures_for("") == caller.captures_for(FARM) == FARM
    for who, party in (("Bearer a", MILL), ("Bearer c", ""), ("Bearer c", FARM), ("Bearer b", FARM)):
        with pytest.raises(Rejected, match="FORBIDDEN"):
            ACCESS.caller(who).captures_for(party)
    with pytest.raises(Rejected, match="UNAUTHENTICATED"):
        ANONYMOUS_CALLER.captures_for(FARM)


def test_an_access_list_that_is_empty_lets_nobody_in():
    """No tokens: every token is wrong, and reading stays public."""
    empty = Access([], lambda: 0.0)
    assert empty.caller(None) is ANONYMOUS_CALLER
    with pytest.raises(Rejected):
        empty.caller("Bearer a")
