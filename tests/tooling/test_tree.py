"""What the committed tree may not hold."""

import ast
import re
from pathlib import Path

import pytest

from tests.tooling.tree import ROOT, python_sources, texts, tracked

# Spelled in pieces, so that this file does not hold what it looks for.
INDEX_HOSTS = [
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "registry.npmjs" + ".org",
    "registry.yarnpkg" + ".com",
]
MACHINE_PATH = re.compile(
    r"(?<![\w.$}/-])/(?:" + "|".join(["home", "root", "Users", "work", "mnt"]) + r")/[\w.]"
)
FILE_LINES = 250
TEST_FILE_LINES = 350
"""A table of cases may be long; a reader looks up one of them."""
FUNCTION_LINES = 60


def found(pattern: re.Pattern[str]) -> list[str]:
    """Where a pattern occurs in the tree, as file:line."""
    return [
        f"{name}:{number}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_address_of_a_package_index_is_committed() -> None:
    """Any index or mirror must serve, so locks and scripts name none."""
    assert found(re.compile("|".join(map(re.escape, INDEX_HOSTS)))) == []


def test_no_path_of_one_machine_is_committed() -> None:
    """A path into somebody's home works on one machine only."""
    assert found(MACHINE_PATH) == []


@pytest.mark.parametrize("text", ["/ho" + "me/ada/x", "cd /ro" + "ot/.cache", '"/wo' + 'rk/main"'])
def test_the_pattern_for_machine_paths_finds_them(text: str) -> None:
    """The check above is able to fail."""
    assert MACHINE_PATH.search(text)


@pytest.mark.parametrize("text", ["$HOME/root/x", "https://example.com/home/x", "docs/work/x", "/tmp/x"])
def test_the_pattern_for_machine_paths_leaves_others_alone(text: str) -> None:
    """Addresses and relative paths are no machine paths."""
    assert not MACHINE_PATH.search(text)


def test_no_foreign_lock_or_copied_proto_is_committed() -> None:
    """The locks are requirements*.lock; third-party protos are laid out from the wheel that ships them."""
    strays = [name for name in tracked() if Path(name).name in {"uv.lock", "poetry.lock", "buf.lock"}]
    assert strays + [name for name in tracked() if name.startswith("third_party/")] == []


def _ceiling(name: str) -> int:
    return TEST_FILE_LINES if name.startswith("tests/") else FILE_LINES


def test_files_stay_small() -> None:
    """A hand-written Python file that outgrows 250 lines wants to be two."""
    assert [name for name, text in python_sources() if text.count("\n") > _ceiling(name)] == []


def test_functions_stay_small() -> None:
    """A function that outgrows 60 lines wants to be two."""
    long = [
        f"{name}:{node.lineno} {node.name}"
        for name, text in python_sources()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= FUNCTION_LINES
    ]
    assert long == []


def test_no_module_is_a_drawer() -> None:
    """Modules are named for what they hold, not for being useful."""
    drawers = {"utils", "util", "common", "helpers", "helper", "manager", "misc"}
    assert [name for name, _ in python_sources() if Path(name).stem in drawers] == []


def test_every_test_says_what_it_shows() -> None:
    """Each test has a docstring of its own."""
    silent = [
        f"{name}:{node.lineno} {node.name}"
        for name, text in python_sources()
        if name.startswith("tests/")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_the_licence_is_the_one_declared() -> None:
    """pyproject.toml says Apache-2.0 and the text is here in full."""
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License\n" in text
    assert "END OF TERMS AND CONDITIONS" in text
