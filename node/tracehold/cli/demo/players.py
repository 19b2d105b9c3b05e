"""Who plays in the story, and what they make."""

from tracehold.cli.demo.things import Company, Thing

FARMS = (
    Company("Lindenhof farm", "9521101", urns=True, signs=True),
    Company("Seefeld farm", "9521102", urns=True, signs=True),
    Company("Brook farm", "9521103"),
    Company("Hill farm", "9521104", urns=True),
)
MILL = Company("Rivermill", "9521201", signs=True)
PACKER = Company("Packwell", "9521301", urns=True, signs=True)
WAREHOUSE = Company("Northern Warehouse", "9521401")
SELLER = Company("grain.example shop", "9521501")
COMPANIES = (*FARMS, MILL, PACKER, WAREHOUSE, SELLER)

GRAIN, FLOUR, BRAN, PACKAGE, CASE = 1, 1, 2, 1, 2  # product numbers within each company
PACKAGES_PER_CASE, CASES_PER_PALLET = 6, 4


def logger(number: int) -> Thing:
    """One of the packer's temperature loggers, from 0."""
    return PACKER.asset(f"LOG{number + 1}")
