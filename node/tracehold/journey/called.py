"""What things are called, and who calls them so: from the master data about them (`core.said`)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tracehold.core.epcis import parse_masterdata
from tracehold.core.epcis.attributes import COMMODITY, GOODS, NAMES, first, texts
from tracehold.core.said import in_turn, stands_alone
from tracehold.core.speaker import Speaker
from tracehold.journey.masterdata import Version

NAME_CHARS = 200
"""Characters of a name at most."""


@dataclass(frozen=True, slots=True)
class Called:
    """A name of `id`, and who says it."""

    id: str
    text: str
    speaker: Speaker

    def stands_alone(self, *heeded: Speaker) -> bool:
        """Whether it may be shown without its speaker, beside an event that `heeded` tell."""
        return stands_alone(self.id, self.speaker, heeded)


def called(id: str, said: Iterable[Version], heeded: Sequence[Speaker] = ()) -> Called | None:
    """The name of `id` by the first in turn who gives one: itself, then those `heeded` (who tell the events
    at hand, in their order), then others. None where nobody does. `said`: oldest first, as `versions` gives
    it.
    """
    for admitted, _ in in_turn(id, said, lambda version: version[0].speaker, heeded):
        name = first(texts(parse_masterdata(admitted.record.payload).attributes), *NAMES, *GOODS, *COMMODITY)
        if name:
            return Called(id, name[:NAME_CHARS], admitted.speaker)
    return None
