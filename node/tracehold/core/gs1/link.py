"""Digital Links of any domain to plain key values (GS1 Digital Link: URI Syntax 1.3, sections 4 and 5).

No domain is asked and no link is followed: the path alone says what the link names.
"""

import re
from urllib.parse import unquote

from tracehold.core.gs1.keys import ALIASES, KEYS, QUALIFIERS, compose

_LINK = re.compile(r"https?://([^/?#]+)(/[^?#]*)", re.IGNORECASE)

Named = tuple[str, str, dict[str, str]]
"""AI, value and qualifiers, as plain text."""


def from_link(url: str) -> str | None:
    """Canonical form of a Digital Link; None for a URL that is none. Query and fragment are dropped."""
    named = read_link(url)
    return None if named is None else compose(*named)


def read_link(url: str) -> Named | None:
    """What a Digital Link names. The rightmost key of the path counts, so that any prefix path is allowed.

    On GS1's own domains a value of a wrong form is refused (BAD_IDENTIFIER); elsewhere such a URL is simply
    no Digital Link, because anybody's web address may have a number in it.
    """
    match = _LINK.match(url)
    if not match:
        return None
    steps = match[2].strip("/").split("/")
    for at in range(len(steps) - 2, -1, -1):
        named = _named(steps[at:])
        if named and (_fits(named) or match[1].lower().startswith("id.gs1.")):
            return named
    return None


def _named(steps: list[str]) -> Named | None:
    """The steps as key, value and pairs of qualifiers; None when they are not."""
    ai = ALIASES.get(steps[0], steps[0])
    if ai not in KEYS or len(steps) % 2 or not all(steps):
        return None
    names = [ALIASES.get(step, step) for step in steps[2::2]]
    if not all(name in QUALIFIERS for name in names):
        return None
    return ai, unquote(steps[1]), dict(zip(names, map(unquote, steps[3::2]), strict=True))


def _fits(named: Named) -> bool:
    ai, value, _ = named
    padded = value.zfill(14) if ai == "01" and len(value) in (8, 12, 13) else value
    return KEYS[ai].form.fullmatch(padded) is not None


def on_foreign_domain(identifier: str) -> bool:
    """Whether this is a web address outside GS1's own domains,
    where a number in the path need not be a GS1 key."""
    match = _LINK.match(identifier)
    return match is not None and not match[1].lower().startswith("id.gs1.")
