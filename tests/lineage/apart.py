"""Stories with things of their own, so that many can be told to one network.

A story's things have a company prefix of its own. Its digits are chosen so that all check digits stay, which
makes it a replacement of text: in GTINs, SSCCs, GLNs and GRAIs alike the prefix begins under weight one.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.lineage.goods import PREFIX
from tests.lineage.story import Ask, Case
from tests.lineage.telling import Event

_WEIGHTS = (1, 3, 1, 3, 1, 3, 1)


def apart(case: Case, number: int) -> Case:
    """The story about things that no other number has."""
    others = {
        PREFIX: prefix(number),
        "urn:x:": f"urn:x:{number}:",
        "urn:uuid:00000000": f"urn:uuid:{number:08x}",
    }
    batches = [
        [replace(event, body=_renamed(event.body, others)) for event in batch] for batch in case.batches
    ]
    asks = [_ask(ask, others) for ask in case.asks]
    return replace(case, said=batches, asks=asks)


def prefix(number: int) -> str:
    """A company prefix of seven digits, under which keys have the check digits of `PREFIX`."""
    digits = f"95{number:04}"
    if number >= 10_000:
        raise ValueError("four digits tell the stories apart")
    return digits + str((_sum(PREFIX) - _sum(digits)) % 10)


def _sum(digits: str) -> int:
    return sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False))


def _ask(ask: Ask, others: Mapping[str, str]) -> Ask:
    return replace(ask, about=_renamed(ask.about, others), expected=_renamed(ask.expected, others))


def _renamed(value: Any, others: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {_renamed(name, others): _renamed(entry, others) for name, entry in value.items()}
    if isinstance(value, list | tuple | set):
        return type(value)(_renamed(entry, others) for entry in value)
    if isinstance(value, str):
        for old, new in others.items():
            value = value.replace(old, new)
    return value


def parties(cases: list[Case]) -> list[str]:
    """Who speaks in them."""
    events: list[Event] = [event for case in cases for batch in case.batches for event in batch]
    return sorted({event.party for event in events})
