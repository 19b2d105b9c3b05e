"""What is said of a party, a place or goods: whose word is taken first. Anybody may say anything of anybody.

The rule is one for contacts, pages and sheets. A speaker is a party together with the operator that vouches
for it, so that no operator takes another one's place by speaking in the same party's name.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from tracehold.core.errors import Rejected
from tracehold.core.gs1 import canonical
from tracehold.core.speaker import Level, Speaker

Word = TypeVar("Word")


def in_turn(
    id: str, said: Iterable[Word], speaker: Callable[[Word], Speaker], heeded: Sequence[Speaker] = ()
) -> list[Word]:
    """Of what is said of `id` (oldest first) the newest word of each speaker, the one to be taken first: its
    own, then that of `heeded` in their order (who tells the events at hand), then those of others, the newest
    first. Its own is what it signed or gave a mandate for; that an operator says so alone comes after
    `heeded`, and what was said with a key that is in doubt comes last.
    """
    newest: dict[Speaker, Word] = {}
    for each in said:
        newest.pop(speaker(each), None)
        newest[speaker(each)] = each

    def turn(each: Word) -> tuple[bool, bool, int, bool]:
        who = speaker(each)
        place = next((at for at, other in enumerate(heeded) if same(who, other)), len(heeded))
        return who.suspect, not _is_own(id, who), place, not _is(id, who.party)

    by_age = list(reversed(newest.values()))
    return sorted(by_age, key=turn)


def stands_alone(id: str, speaker: Speaker, heeded: Sequence[Speaker] = ()) -> bool:
    """Whether a word may be shown without saying whose it is: its own, or of those who tell the event at
    hand. Every other is somebody's word about somebody else, and must be shown as that.
    """
    if speaker.suspect:
        return False
    return _is_own(id, speaker) or any(same(speaker, other) for other in heeded)


def same(one: Speaker, other: Speaker) -> bool:
    """Whether two speak with one voice: for one party, on one operator's word."""
    return _is(one.party, other.party) and _is(one.operator, other.operator)


def known_by(known_ms: int | None, known_at: int | None) -> bool:
    """Whether what is known since `known_ms` (None: not yet) was known by `known_at` (None: ever)."""
    return known_at is None or (known_ms is not None and known_ms <= known_at)


def _is_own(id: str, speaker: Speaker) -> bool:
    vouched = speaker.level is not Level.DELEGATED_ASSERTED and not speaker.suspect
    return vouched and _is(id, speaker.party)


def _is(one: str, other: str) -> bool:
    """Whether two names are of one party, whatever their spelling: records have the one that was signed."""
    return one == other or _canonical(one) == _canonical(other)


def _canonical(party: str) -> str:
    try:
        return canonical(party)
    except Rejected:
        return party
