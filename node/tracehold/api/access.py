"""Who calls: one check of bearer tokens for gRPC and REST, failing closed.

A call without a token is anonymous and reads what is public. A call with a token that is wrong, malformed or
expired is refused, also where an anonymous call would have been answered: whoever sends a token means it.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tracehold.core.access import ANONYMOUS, Reader
from tracehold.core.errors import Rejected

ROLES = frozenset({"capture", "interest", "authority", "operator"})
"""Roles that a token may carry. `capture`: let the node sign for the token's party. `interest`, `authority`:
read records of these audiences. `operator`: see everybody's capture jobs.
"""

READER_ROLES = frozenset({"interest", "authority"})


@dataclass(frozen=True, slots=True)
class Token:
    """One token, known by the SHA-256 of its text: what keeps it holds no secret."""

    name: str
    sha256: bytes
    roles: frozenset[str] = frozenset()
    party: str | None = None
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as far as the token says. `name` may be logged, the token never."""

    name: str
    roles: frozenset[str] = frozenset()
    party: str | None = None
    reader: Reader = ANONYMOUS

    def require(self, role: str) -> None:
        """Returns if the caller has the role; UNAUTHENTICATED
        without a token, FORBIDDEN with one that lacks it.
        """
        if role in self.roles:
            return
        if not self.reader.authenticated:
            raise Rejected("UNAUTHENTICATED", f"this call needs a token with the role {role}")
        raise Rejected("FORBIDDEN", f"this call needs the role {role}")

    def captures_for(self, party: str) -> str:
        """The party for which the creator shall sign: the token's own; an empty `party` means that one.

        Raises UNAUTHENTICATED, or FORBIDDEN where the role is missing or the token
        is for another party or for none.
        """
        self.require("capture")
        if not self.party:
            raise Rejected("FORBIDDEN", "this token names no party to capture for", path="/party")
        if party and party != self.party:
            raise Rejected("FORBIDDEN", "this token captures for another party", path="/party")
        return self.party


ANONYMOUS_CALLER = Caller(name="anonymous")
"""Anybody."""


@dataclass(frozen=True, slots=True)
class Access:
    """The tokens in force. `now` gives seconds since the epoch."""

    tokens: Sequence[Token]
    now: Callable[[], float]

    def caller(self, authorization: str | None) -> Caller:
        """The caller behind an `Authorization` header (gRPC: metadata of that
        name); None means that none was sent.

        Raises UNAUTHENTICATED for anything but `Bearer` and a token in force; it
        does not say which of both failed.
        """
        if authorization is None:
            return ANONYMOUS_CALLER
        token = self._find(_bearer(authorization))
        if token is None or (token.expires is not None and token.expires <= self.now()):
            raise _unauthenticated()
        return _caller(token)

    def _find(self, presented: bytes) -> Token | None:
        """The token with this text. Looks at all of them, so that the time taken tells nothing about any."""
        digest = hashlib.sha256(presented).digest()
        found = None
        for token in self.tokens:
            if hmac.compare_digest(token.sha256, digest):
                found = token
        return found


def _bearer(authorization: str) -> bytes:
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise _unauthenticated()
    return text.strip().encode()


def _caller(token: Token) -> Caller:
    reader = Reader(authenticated=True, roles=token.roles & READER_ROLES, party=token.party)
    return Caller(name=token.name, roles=token.roles, party=token.party, reader=reader)


def _unauthenticated() -> Rejected:
    return Rejected("UNAUTHENTICATED", "the token is not one of this node, or it is expired")
