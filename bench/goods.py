"""The things of a made-up supply chain: numbers with a kind and an owner, and the identifiers they stand for.

Twenty million of them fit into memory, since a name is made when it is asked for.
"""

from array import array
from enum import IntEnum

STAGES = 7
"""Farms (0) to brands (6), whose lots are single packs."""
COMPANIES = 20
"""Of each stage."""


class Kind(IntEnum):
    """LOT of a stage with amounts; single packs; and what carries them."""

    LOT = 0
    PACK = 1
    CASE = 2
    PALLET = 3
    CONTAINER = 4


class Goods:
    """All things so far, numbered as they came."""

    def __init__(self) -> None:
        self._kinds = bytearray()
        self._owners = array("H")

    def __len__(self) -> int:
        return len(self._kinds)

    def new(self, kind: Kind, stage: int, company: int) -> int:
        """One more thing of a company of a stage."""
        self._kinds.append(kind)
        self._owners.append(stage * COMPANIES + company)
        return len(self._kinds) - 1

    def kind(self, item: int) -> Kind:
        """What it is."""
        return Kind(self._kinds[item])

    def stage(self, item: int) -> int:
        """The stage of the company that made it."""
        return self._owners[item] // COMPANIES

    def name(self, item: int) -> str:
        """The canonical identifier (no check digit is looked at behind this point)."""
        kind, owner = self._kinds[item], self._owners[item]
        if kind == Kind.LOT:
            return f"https://id.gs1.org/01/{9521000000000 + owner * 100:014}/10/L{item}"
        if kind == Kind.PACK:
            return f"https://id.gs1.org/01/{9521000000000 + owner * 100:014}/21/{item}"
        if kind == Kind.CONTAINER:
            return f"https://id.gs1.org/8003/{9521000000000 + owner * 100:014}C{item}"
        return f"https://id.gs1.org/00/{395210000000000000 + item:018}"


def party(stage: int, company: int) -> str:
    """The party that speaks."""
    return f"https://id.gs1.org/417/{9521500000000 + (stage * COMPANIES + company) * 100:013}"


def place(stage: int, company: int) -> str:
    """Where it does."""
    return f"https://id.gs1.org/414/{9521600000000 + (stage * COMPANIES + company) * 100:013}"
