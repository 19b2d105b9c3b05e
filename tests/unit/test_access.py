"""Who may read: the whole table, and that everything outside of it is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs import FARM, MILL, OPERATOR
from tracehold.core.access import ANONYMOUS, Reader, may_read
from tracehold.core.header import Audience

MEMBER = Reader(True)
INTERESTED = Reader(True, frozenset({"interest"}))
OFFICIAL = Reader(True, frozenset({"authority"}))
ISSUER = Reader(True, party=FARM)
NAMED = Reader(True, party=MILL)
OTHER = Reader(True, party=OPERATOR)
PRETENDER = Reader(False, frozenset({"authority", "interest"}), FARM)

READERS = (ANONYMOUS, PRETENDER, MEMBER, OTHER, INTERESTED, NAMED, ISSUER, OFFICIAL)
TABLE = {
    "public": (True, True, True, True, True, True, True, True),
    "network": (False, False, True, True, True, True, True, True),
    "interest": (False, False, False, False, True, False, True, True),
    "parties": (False, False, False, False, False, True, True, True),
    "authority": (False, False, False, False, False, False, True, True),
    "everyone": (False, False, False, False, False, False, False, True),
    "": (False, False, False, False, False, False, False, True),
}


@pytest.mark.parametrize("audience", TABLE)
def test_table(audience):
    """Each audience against each reader: anonymous, pretender, member, other, interest, named, issuer,
    authority.
    """
    assert tuple(may_read(reader, audience, FARM, {MILL}) for reader in READERS) == TABLE[audience]


def test_every_audience_is_in_the_table():
    """A new audience needs a row."""
    assert set(Audience) <= set(TABLE)


@given(st.text(max_size=12), st.frozensets(st.sampled_from(["interest", "authority", "admin"])), st.text())
def test_without_authentication_only_public_is_read(audience, roles, party):
    """Roles and party of a reader that nobody authenticated count for nothing."""
    assert may_read(Reader(False, roles, party), audience, party, {party}) == (audience == "public")


def test_no_party_is_not_a_party():
    """A token without party does not match a record that names nobody."""
    assert not may_read(MEMBER, Audience.PARTIES, FARM, ())
    assert not may_read(MEMBER, Audience.AUTHORITY, FARM, ())
