"""`[[tokens]]`: who may do what. The file holds the hash of a token, so reading it gives nobody access.

[[tokens]]
name = "mill-erp"             # shown in logs instead of the token
sha256 = "9f86d0...0a08"      # SHA-256 of the token's text, 64 hexadecimal digits
roles = ["capture"]           # capture, interest, authority, operator
party = "https://id.gs1.org/417/4012345000009"   # whom its bearer speaks for; needed for capture
expires = 2027-01-01T00:00:00Z                   # from then on it is refused; left out: never
"""

import re
from datetime import datetime
from typing import Any

from tracehold.api.access import ROLES, Token
from tracehold.core.errors import Rejected
from tracehold.core.limits import MAX_PARTY_CHARS

_KEYS = frozenset({"name", "sha256", "roles", "party", "expires"})
_SHA256 = re.compile(r"[0-9a-f]{64}")


def read_tokens(given: Any) -> tuple[Token, ...]:
    """The tokens of `[[tokens]]`. Raises BAD_CONFIG with the key as
    path; two tokens of one name or hash are refused.
    """
    if not isinstance(given, list):
        raise Rejected("BAD_CONFIG", "must be written as [[tokens]]", path="tokens")
    tokens = tuple(_token(each, f"tokens[{at}]") for at, each in enumerate(given))
    for what in ("name", "sha256"):
        values = [getattr(token, what) for token in tokens]
        if len(set(values)) != len(values):
            raise Rejected("BAD_CONFIG", f"two tokens have one {what}", path="tokens")
    return tokens


def _token(given: Any, where: str) -> Token:
    if not isinstance(given, dict):
        raise Rejected("BAD_CONFIG", "must be a section", path=where)
    for key in given:
        if key not in _KEYS:
            raise Rejected("BAD_CONFIG", "there is no such key", path=f"{where}.{key}")
    name, digest = _text(given, "name", where), _text(given, "sha256", where)
    if not name or not _SHA256.fullmatch(digest):
        remedy = "Make tokens with `tracehold token add`."
        raise Rejected(
            "BAD_CONFIG", "needs a name and 64 hexadecimal digits of sha256", path=where, remedy=remedy
        )
    roles, party = _roles(given.get("roles", []), where), _text(given, "party", where)
    if "capture" in roles and not party:
        raise Rejected("BAD_CONFIG", "a token with the role capture needs a party", path=f"{where}.party")
    return Token(name, bytes.fromhex(digest), roles, party or None, _expires(given.get("expires"), where))


def _text(given: dict[str, Any], key: str, where: str) -> str:
    value = given.get(key, "")
    if not isinstance(value, str) or len(value) > MAX_PARTY_CHARS:
        raise Rejected("BAD_CONFIG", "must be text in quotes", path=f"{where}.{key}")
    return value


def _roles(given: Any, where: str) -> frozenset[str]:
    if not isinstance(given, list) or not all(isinstance(role, str) for role in given):
        raise Rejected("BAD_CONFIG", "must be a list of words", path=f"{where}.roles")
    unknown = sorted(set(given) - ROLES)
    if unknown:
        words = ", ".join(sorted(ROLES))
        raise Rejected("BAD_CONFIG", f"{unknown[0]} is no role; roles are {words}", path=f"{where}.roles")
    return frozenset(given)


def _expires(given: Any, where: str) -> float | None:
    if given is None:
        return None
    if not isinstance(given, datetime) or given.tzinfo is None:
        raise Rejected("BAD_CONFIG", "must be a date and time with a zone", path=f"{where}.expires")
    return given.timestamp()
