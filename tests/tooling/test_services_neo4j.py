"""What `make services` takes for Neo4j: the jars that are pinned, all of them and no others."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

from tools.services.neo4j import ARTIFACTS, PINS, differences
from tracehold.lab.services.cache import SERVERS


@pytest.fixture
def lib(tmp_path: Path) -> Path:
    """Two jars."""
    for name in ("a-1.jar", "b-2.jar"):
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def pinned(*names: str) -> str:
    """The list for these jars, in the form of sha256sum."""
    return "".join(f"{sha256(name.encode()).hexdigest()}  {name}\n" for name in names)


def test_the_pinned_jars_are_taken(lib: Path):
    """In any order."""
    assert differences(pinned("b-2.jar", "a-1.jar"), lib) == []


def test_another_content_is_refused(lib: Path):
    """A jar that was replaced at its source: the hash that it has is told."""
    (lib / "a-1.jar").write_bytes(b"something else")
    (told,) = differences(pinned("a-1.jar", "b-2.jar"), lib)
    assert told == f"a-1.jar: has the hash {sha256(b'something else').hexdigest()}"


def test_a_jar_too_many_or_too_few_is_refused(lib: Path):
    """What came along with a dependency of a dependency, and what did not come."""
    assert differences(pinned("a-1.jar"), lib) == ["b-2.jar: is not in the list"]
    assert differences(pinned("a-1.jar", "b-2.jar", "c-3.jar"), lib) == ["c-3.jar: is missing"]


def test_the_list_is_that_of_the_release():
    """A hash and a name a line, each name once; the server's own jars among them, in the pinned version."""
    lines = [line.split("  ") for line in PINS.read_text().splitlines()]
    assert all(re.fullmatch("[0-9a-f]{64}", digest) and name.endswith(".jar") for digest, name in lines)
    names = {name for _, name in lines}
    assert len(names) == len(lines)
    for _, artifact in ARTIFACTS:
        assert f"{artifact}-{SERVERS['neo4j'].version}.jar" in names
