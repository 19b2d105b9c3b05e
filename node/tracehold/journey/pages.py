"""Answers in pages: a token says after which row the next page starts, and of which question.

A token is no secret and no promise. The question is asked anew for each page; rows that came in meanwhile
neither repeat a row nor push one out, because the token names the last row that was shown and not a count.
"""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from blake3 import blake3

from tracehold.core.errors import Rejected

T = TypeVar("T")

_DIGEST = 16
_MARK = struct.Struct(">q16s")


@dataclass(frozen=True, slots=True)
class Mark:
    """The last row that was shown of one list: its rank, which
    never falls along the list, and its name's digest.
    """

    rank: int
    name: bytes


FIRST = Mark(-(1 << 63), bytes(_DIGEST))
"""Before every row."""


def mark(rank: int, name: str) -> Mark:
    """The mark of the row that is called `name`."""
    return Mark(rank, blake3(name.encode()).digest(_DIGEST))


def marks(token: str, question: object, lists: int) -> tuple[Mark, ...]:
    """After which rows the page of `token` starts, one mark per list; the first page for an empty token.

    `question` is anything whose `repr` names all that the answer depends on. BAD_PAGE_TOKEN
    where the token is of another question, or none.
    """
    if not token:
        return (FIRST,) * lists
    try:
        raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        found = tuple(Mark(*parts) for parts in _MARK.iter_unpack(raw[_DIGEST:]))
    except (ValueError, struct.error) as error:
        raise Rejected("BAD_PAGE_TOKEN", "the token is not one of ours", path="/pageToken") from error
    if len(found) != lists or encode(question, found) != token:
        raise Rejected("BAD_PAGE_TOKEN", "the token is of another question", path="/pageToken")
    return found


def encode(question: object, last: Sequence[Mark]) -> str:
    """The token of the page after these rows."""
    digest = blake3(b"tracehold/page/v1\n" + repr(question).encode()).digest(_DIGEST)
    raw = digest + b"".join(_MARK.pack(m.rank, m.name) for m in last)
    return urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def cut(
    rows: Sequence[T], after: Mark, size: int, mark_of: Callable[[T], Mark]
) -> tuple[Sequence[T], Mark, bool]:
    """The rows of one page, the mark of its last row, and whether the list goes on."""
    at = _following(rows, after, mark_of)
    page = rows[at : at + size]
    return page, mark_of(page[-1]) if page else after, at + size < len(rows)


def _following(rows: Sequence[T], after: Mark, mark_of: Callable[[T], Mark]) -> int:
    if after == FIRST:
        return 0
    later = len(rows)
    for at, row in enumerate(rows):
        found = mark_of(row)
        if found == after:
            return at + 1
        if found.rank > after.rank:
            # The row itself is gone, withdrawn since: go on with the next rank.
            later = min(later, at)
            break
    return later
