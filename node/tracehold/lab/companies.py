"""Who runs the nodes of a lab: names and parties, with GS1 prefixes of the range 952 that is kept for
examples.
"""

from collections.abc import Iterator

from tracehold.core.gs1.checkdigit import check_digit

PREFIXES = {
    "mill": "9521201",
    "warehouse": "9521401",
    "board": "9521801",
    "packer": "9521301",
    "shop": "9521501",
    "farm": "9521101",
}
"""The companies of the demo's supply chain, and a board that they founded to keep their records; in this
order
they take the places of a lab.
"""

FIRST_FURTHER = 9521701
MOST = 25
"""Nodes in one lab. More would only share the same processor."""


def companies(count: int) -> Iterator[tuple[str, str]]:
    """Name and party of so many companies: those of the supply chain first, then node6, node7 and so on."""
    known = list(PREFIXES.items())
    for number in range(count):
        name, prefix = (
            known[number] if number < len(known) else (f"node{number + 1}", str(FIRST_FURTHER + number))
        )
        yield name, party(prefix)


def party(prefix: str) -> str:
    """The party of a company with this seven-digit GS1 prefix: its PGLN as canonical Digital Link."""
    digits = f"{prefix}00000"
    return f"https://id.gs1.org/417/{digits}{check_digit(digits)}"
