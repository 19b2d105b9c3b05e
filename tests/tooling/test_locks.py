"""The locks hold what pyproject.toml asks for."""

import re
import tomllib
from collections.abc import Iterator

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.tooling.tree import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
BASE = PROJECT["project"]["dependencies"]
EXTRAS = PROJECT["project"]["optional-dependencies"]
GROUPS = PROJECT["dependency-groups"]
WANTED = {
    "requirements.lock": [*BASE, *EXTRAS["node"], *EXTRAS["network"], *EXTRAS["dev"][1:]],
    "requirements-lowest.lock": BASE,
    "requirements-tools.lock": GROUPS["tools"],
    "requirements-node.lock": GROUPS["node"],
}


def entries(lock: str) -> Iterator[tuple[str, Version, int]]:
    """Name, version and number of hashes of each entry of a lock."""
    for block in re.split(r"\n(?=\S)", (ROOT / lock).read_text()):
        pinned = re.match(r"([\w.-]+)==([\w.]+)", block)
        if pinned:
            yield canonicalize_name(pinned[1]), Version(pinned[2]), block.count("--hash=sha256:")


@pytest.mark.parametrize("lock", WANTED)
def test_lock_satisfies_every_bound(lock: str) -> None:
    """A bound that moved without `make locks` is found here."""
    assert EXTRAS["dev"][0] == "tracehold[node,network]"
    pinned = {name: version for name, version, _ in entries(lock)}
    missing = [
        wanted
        for wanted in map(Requirement, WANTED[lock])
        if (version := pinned.get(canonicalize_name(wanted.name))) is None or version not in wanted.specifier
    ]
    assert missing == []


@pytest.mark.parametrize("lock", WANTED)
def test_every_entry_of_a_lock_has_hashes(lock: str) -> None:
    """What is installed is what was locked, whatever index serves it."""
    assert [name for name, _, hashes in entries(lock) if hashes == 0] == []


def test_lowest_lock_holds_the_lower_bounds() -> None:
    """The base install is tested with the oldest versions it declares, not just with old ones."""
    pinned = {name: version for name, version, _ in entries("requirements-lowest.lock")}
    for wanted in map(Requirement, BASE):
        bound = next(part.version for part in wanted.specifier if part.operator == ">=")
        version = pinned[canonicalize_name(wanted.name)]
        assert version.release[: len(Version(bound).release)] == Version(bound).release, wanted.name
