"""Pages of one list in the order of its keys: a token holds the key of the last row that was shown.

As in `pages`, the question is asked anew for each page. The next page starts behind the key, whether its row
still stands or not: nothing that stood before is left out, which a recall may not do.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TypeVar

from blake3 import blake3

from tracehold.core import strict_json
from tracehold.core.errors import Rejected

T = TypeVar("T")

Key = tuple[str, int, str]

_DIGEST = 16


def page(
    rows: Sequence[T], key_of: Callable[[T], Key], question: object, token: str, size: int
) -> tuple[Sequence[T], str]:
    """The rows after those of `token` (empty: the first ones), which are sorted by their keys, and the token
    of the page after; empty at the end. BAD_PAGE_TOKEN where the token is of another question, or none.
    """
    start = bisect_right(rows, _key(token, question), key=key_of) if token else 0
    shown = rows[start : start + size]
    more = start + size < len(rows)
    return shown, _token(key_of(shown[-1]), question) if more and shown else ""


def _token(key: Key, question: object) -> str:
    digest = blake3(b"tracehold/cursor/v1\n" + repr(question).encode()).digest(_DIGEST)
    raw = digest + json.dumps(key, ensure_ascii=False, separators=(",", ":")).encode()
    return urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def _key(token: str, question: object) -> Key:
    try:
        raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        group, rank, name = strict_json.loads(raw[_DIGEST:])
    except (ValueError, TypeError, Rejected) as error:
        raise Rejected("BAD_PAGE_TOKEN", "the token is not one of ours", path="/pageToken") from error
    if not (isinstance(group, str) and type(rank) is int and isinstance(name, str)):
        raise Rejected("BAD_PAGE_TOKEN", "the token is not one of ours", path="/pageToken")
    key = (group, rank, name)
    if _token(key, question) != token:
        raise Rejected("BAD_PAGE_TOKEN", "the token is of another question", path="/pageToken")
    return key
