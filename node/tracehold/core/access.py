"""Who may read a record: one rule for every path that gives records out (protocol section 4)."""

from collections.abc import Collection
from dataclasses import dataclass

from tracehold.core.record import Audience


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks: known to the node or not, with roles ("interest",
    "authority"), and for which party if for one.
    """

    authenticated: bool
    roles: frozenset[str] = frozenset()
    party: str | None = None


ANONYMOUS = Reader(authenticated=False)
"""Anybody."""


def may_read(reader: Reader, audience: str, issuer: str, parties: Collection[str]) -> bool:
    """Whether `reader` may read a record of `issuer` that names `parties`. An
    unknown audience is for authority only.

    A reader that is not authenticated has no roles and no party, whatever it claims.
    """
    if audience == Audience.PUBLIC:
        return True
    if not reader.authenticated:
        return False
    if "authority" in reader.roles:
        return True
    match audience:
        case Audience.NETWORK:
            return True
        case Audience.INTEREST:
            return "interest" in reader.roles or reader.party == issuer
        case Audience.PARTIES:
            return reader.party is not None and (reader.party == issuer or reader.party in parties)
        case Audience.AUTHORITY:
            return reader.party == issuer
    return False
