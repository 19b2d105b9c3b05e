"""Answers in pages: a token holds the keys of the last rows that were shown, one for each list of the answer,
and is of one question.

A token is no secret and no promise. The question is asked anew for each page, which starts behind the key,
whether its row still stands or not: nothing that stood before is left out, and what came in meanwhile neither
repeats a row nor pushes one out.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TypeVar

from blake3 import blake3

from tracehold.core import strict_json
from tracehold.core.errors import Rejected
from tracehold.core.lineage import Fact, order

T = TypeVar("T")

Key = tuple[str, int, str]
"""By which the rows of a list are sorted, each having its own."""

Last = tuple[Key | None, ...]
"""The last row that was shown of each list; None: none yet."""

_DIGEST = 16


def begin(token: str, question: object, lists: int = 1) -> Last:
    """Behind which rows the page of `token` starts; the first page for an empty token.

    `question` is anything whose `repr` names all that the answer depends on. BAD_PAGE_TOKEN
    where the token is of another question, or none.
    """
    if not token:
        return (None,) * lists
    try:
        raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        last = tuple(map(_key, strict_json.loads(raw[_DIGEST:])))
    except (ValueError, TypeError, Rejected) as error:
        raise Rejected("BAD_PAGE_TOKEN", "the token is not one of ours", path="/pageToken") from error
    if len(last) != lists or encode(question, last) != token:
        raise Rejected("BAD_PAGE_TOKEN", "the token is of another question", path="/pageToken")
    return last


def cut(
    rows: Sequence[T], after: Key | None, size: int, key_of: Callable[[T], Key]
) -> tuple[Sequence[T], Key | None, bool]:
    """The rows of one page, of a list that is sorted by its keys; the key of the last row that was shown by
    now, and whether the list goes on.
    """
    start = bisect_right(rows, after, key=key_of) if after is not None else 0
    shown = rows[start : start + size]
    return shown, key_of(shown[-1]) if shown else after, start + size < len(rows)


def encode(question: object, last: Last) -> str:
    """The token of the page behind these rows."""
    digest = blake3(b"tracehold/cursor/v2\n" + repr(question).encode()).digest(_DIGEST)
    raw = digest + json.dumps(last, ensure_ascii=False, separators=(",", ":")).encode()
    return urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def by_time(fact: Fact) -> Key:
    """The key of an event in a list that is in the order of core (`core.lineage.voids.order`)."""
    instant, effect, name = order(fact)
    return "", instant, f"{effect}{name.hex()}"


def _key(found: object) -> Key | None:
    if found is None:
        return None
    match found:
        case [str(group), int(rank), str(name)] if type(rank) is int:
            return group, rank, name
    raise ValueError("no key")
