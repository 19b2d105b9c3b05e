"""The story: grain of a farm is milled, packed, stored and sold.

It holds what traces get wrong elsewhere: lots that mix, flour that is milled again, a transformation told in
two events, an event taken back, cases that change pallets, a trailer and temperature loggers that are used
twice, goods that never go the way of the package that we follow.
"""

from dataclasses import dataclass
from datetime import datetime

from tracehold.cli.demo.goods import load, pack, sell, store
from tracehold.cli.demo.grain import harvest, look_after, mill
from tracehold.cli.demo.narrator import Narrator, Told
from tracehold.cli.demo.players import logger
from tracehold.cli.demo.truth import Truth


@dataclass(frozen=True, slots=True)
class Story:
    """The events in order of time, and what is true.

    `purchased` is a package that a consumer bought, `grain` a lot that is in it, `pallets` what carried it
    and is no ancestor, `contents` what was in a pallet at a time, through all levels. `later` is told about
    `bran` when all else is done.
    """

    events: tuple[Told, ...]
    truth: Truth
    purchased: str
    grain: str
    pallets: frozenset[str]
    contents: tuple[str, datetime, frozenset[str]]
    logger: str
    later: tuple[Told, ...]
    bran: str


def tell(seed: int = 1) -> Story:
    """Invent the story; about 200 events."""
    narrator = Narrator(seed)
    grain = harvest(narrator)
    flour = mill(narrator, grain)
    pallets, cases = pack(narrator, flour)
    contents = load(narrator, pallets)
    mixed = store(narrator, pallets, cases)
    sold = sell(narrator, mixed)
    events = tuple(narrator.events)
    bran = look_after(narrator)
    return Story(
        events=events,
        truth=narrator.truth,
        purchased=sold.link,
        grain=grain[0].link,
        pallets=frozenset(pallet.link for pallet in [*pallets, mixed.pallet]),
        contents=contents,
        logger=logger(0).link,
        later=tuple(narrator.events[len(events) :]),
        bran=bran.link,
    )
