"""NatSpec everywhere: whoever reads the source or a wallet's prompt is told what each part is."""

import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest

SOURCES = sorted((Path(__file__).resolve().parents[2] / "contracts" / "src").glob("*.sol"))
DECLARED = re.compile(r"\s*(?:abstract )?(contract|function|event|error|struct|modifier|constructor)\b")
WITH_PARAMETERS = ("event", "error", "function")


def lacking(text: str) -> Iterator[str]:
    """Declarations without a notice, and parameters and results of what is callable that no line names."""
    lines = text.splitlines()
    for at, line in enumerate(lines):
        if not (kind := DECLARED.match(line)):
            continue
        above = takewhile(lambda each: each.lstrip().startswith("///"), reversed(lines[:at]))
        doc = " ".join(above)
        head = re.split(r"[{;]", " ".join(lines[at : at + 15]))[0]
        if "///" not in doc:
            yield line.strip()
        elif kind[1] in WITH_PARAMETERS and not re.search(r"\b(private|internal)\b", head):
            given = re.search(r"\(([^)]*)\)", head)
            names = [each.split()[-1] for each in given[1].split(",") if each.strip()] if given else []
            yield from (f"{line.strip()}: {name}" for name in names if f"@param {name}" not in doc)
            if "returns" in head and "@return" not in doc:
                yield f"{line.strip()}: return"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_everything_is_described(source: Path):
    """All that is declared; parameters and results of what is called from outside."""
    text = source.read_text()
    assert len(DECLARED.findall(text)) > 3
    assert list(lacking(text)) == []


def test_what_is_not_described_is_found():
    """A function without a comment, a parameter and a result that no line names."""
    bare = "    function f(uint8 a) external {\n"
    assert list(lacking(bare)) == ["function f(uint8 a) external {"]
    assert list(lacking("    /// @notice Does.\n" + bare)) == ["function f(uint8 a) external {: a"]
    gives = "    /// @notice Does.\n    function g() public view returns (uint8) {\n"
    assert list(lacking(gives)) == ["function g() public view returns (uint8) {: return"]
