"""Who plays in the story, what they make, and how each of them sends what it has to say."""

from dataclasses import dataclass
from enum import StrEnum

from tracehold.cli.demo.things import Company, Thing

FARM = Company("Lindenhof farm", "9521101", urns=True, signs=True)
MILL = Company("Rivermill", "9521201")
PACKER = Company("Packwell", "9521301", urns=True)
WAREHOUSE = Company("Northern Warehouse", "9521401")
SELLER = Company("grain.example shop", "9521501")
COMPANIES = (FARM, MILL, PACKER, WAREHOUSE, SELLER)

GRAIN, FLOUR, BRAN, PACKAGE, CASE = 1, 1, 2, 1, 2  # product numbers within each company
PACKAGES_PER_CASE, CASES_PER_PALLET = 6, 4


class Way(StrEnum):
    """How a company's events get their signature."""

    OWN_KEY = "signs with a key of its own"
    OPERATOR = "runs that node, which signs"
    MANDATED = "lets it sign, under a mandate"
    ASSERTED = "lets it sign, on the operator's word"


LEVELS = {
    Way.OWN_KEY: "SIGNED_BY_PARTY",
    Way.OPERATOR: "SIGNED_BY_PARTY",
    Way.MANDATED: "DELEGATED_WITH_MANDATE",
    Way.ASSERTED: "DELEGATED_ASSERTED",
}
"""What every answer says of events that came so."""


@dataclass(frozen=True, slots=True)
class Sender:
    """A company, the node that it sends to, how, and whether as EPCIS documents over REST or over gRPC."""

    company: Company
    node: str
    way: Way
    documents: bool = False


SENDERS = (
    Sender(FARM, "mill", Way.OWN_KEY),
    Sender(MILL, "mill", Way.OPERATOR),
    Sender(PACKER, "board", Way.MANDATED),
    Sender(WAREHOUSE, "warehouse", Way.OPERATOR, documents=True),
    Sender(SELLER, "warehouse", Way.ASSERTED, documents=True),
)
"""Of the three operators the mill and the warehouse play themselves; the board keeps what the others say."""


def logger(number: int) -> Thing:
    """One of the packer's temperature loggers, from 0."""
    return PACKER.asset(f"LOG{number + 1}")
