"""What `make services` builds for IPFS: the release that the lab starts, out of modules that are pinned."""

import re
from pathlib import Path

from tools.services.kubo import MODULE, PACKAGE
from tracehold.lab.services.cache import SERVERS


def test_the_module_names_the_release_that_the_lab_starts():
    """Another one would be built, and refused after minutes."""
    required = f"github.com/ipfs/kubo v{SERVERS['kubo'].version}"
    assert required in lines(MODULE / "go.mod")
    assert f'_ "{PACKAGE}"' in lines(MODULE / "tools.go")


def test_every_module_comes_with_its_hash():
    """So that Go refuses one that was replaced at its source."""
    named = [line.split()[:2] for line in lines(MODULE / "go.mod") if re.match(r"\S+\.\S+/\S+ v\S+", line)]
    sums = [line.split() for line in lines(MODULE / "go.sum")]
    assert all(re.fullmatch(r"h1:[A-Za-z0-9+/]{43}=", digest) for _, _, digest in sums)
    known = {(name, version) for name, version, _ in sums}
    assert len(named) > 100
    assert [each for each in named if (each[0], f"{each[1]}/go.mod") not in known] == []


def test_nothing_comes_from_elsewhere():
    """No module is replaced by another one or by a folder."""
    assert not [line for line in lines(MODULE / "go.mod") if "replace" in line or "=>" in line]


def lines(path: Path) -> list[str]:
    """Its lines, without the space around them."""
    return [line.strip() for line in path.read_text().splitlines()]
