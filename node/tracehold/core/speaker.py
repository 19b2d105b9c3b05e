"""Who speaks in a record, and on whose word."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """On whose word a party is said to speak."""

    SIGNED_BY_PARTY = "SIGNED_BY_PARTY"
    DELEGATED_WITH_MANDATE = "DELEGATED_WITH_MANDATE"
    DELEGATED_ASSERTED = "DELEGATED_ASSERTED"


@dataclass(frozen=True, slots=True)
class Speaker:
    """The party that speaks and the operator that vouches; `suspect`
    where a revocation doubts the key or mandate.
    """

    party: str
    operator: str
    level: Level
    suspect: bool = False
