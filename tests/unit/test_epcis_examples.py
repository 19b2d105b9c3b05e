"""docs/epcis.md shows an example of everything that the event reader says."""

import ast
import sys
from collections import Counter
from pathlib import Path

import pytest

import tracehold.core.epcis
from tests.tooling.tree import ROOT
from tools.epcis_doc import ALL, TARGET, findings, render
from tools.epcis_examples import EXAMPLES, Example
from tools.epcis_text_examples import UNCHANGED
from tracehold.core import strict_json
from tracehold.core.epcis import WARNINGS, Mode
from tracehold.core.epcis.reader import Reader
from tracehold.core.errors import CODES

PACKAGE = Path(tracehold.core.epcis.__file__).parent
KINDS = sorted({example.kind for example in EXAMPLES})
SAYING = ("refuse", "sloppy", "note")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", Mode)
def test_unchanged_examples_are_faultless(kind, mode):
    """What an example shows comes from its change alone."""
    assert findings(Example(kind), mode) == []


@pytest.mark.parametrize("text", UNCHANGED, ids=lambda text: text.kind)
@pytest.mark.parametrize("mode", Mode)
def test_unchanged_xml_is_faultless(text, mode):
    """The same of the examples in XML."""
    assert findings(text, mode) == []


@pytest.mark.parametrize("example", ALL, ids=lambda example: f"{example.kind}:{example.shown[:40]}")
def test_each_example_finds_its_thing_alike_in_both_modes(example):
    """The same code at the same place with the same words; tolerant mode is never the stricter one."""
    strict, tolerant = (findings(example, mode) for mode in (Mode.STRICT, Mode.TOLERANT))
    assert len(strict) == 1
    one, other = strict[0], tolerant[0]  # tolerant mode may go on and say more of the same member
    assert {found.path for found in tolerant} == {one.path}
    assert (one.code, one.path, one.message) == (other.code, other.path, other.message)
    assert (one.severity, other.severity) != ("warning", "error")
    assert one.code in CODES or one.code in WARNINGS


def said_in(path: Path) -> set[tuple[str, int]]:
    """Where a module says something: file and line of each call of a reader's refuse, sloppy and note."""
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return {
        (str(path), call.lineno)
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr in SAYING
    }


def test_everything_that_is_said_has_an_example(monkeypatch):
    """Each call of `refuse`, `sloppy` and `note` in core/epcis, XML included, is reached by some example."""
    reached: set[tuple[str, int]] = set()

    def watched(name: str):
        original = getattr(Reader, name)

        def say(self, *words):
            frame = sys._getframe(1)
            reached.add((frame.f_code.co_filename, frame.f_lineno))
            return original(self, *words)

        return say

    for name in SAYING:
        monkeypatch.setattr(Reader, name, watched(name))
    for example in ALL:
        for mode in Mode:
            findings(example, mode)
    calls = set().union(*(said_in(path) for path in PACKAGE.rglob("*.py")))
    assert any("/xml/" in path for path, _ in calls)
    assert calls - reached == set()


def test_every_code_has_an_example():
    """Each code that core/epcis and the reader of JSON name, also those that they raise themselves."""
    modules = (*PACKAGE.rglob("*.py"), Path(strict_json.__file__))
    nodes = (node for path in modules for node in ast.walk(ast.parse(path.read_text())))
    named = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    shown = {found.code for example in ALL for mode in Mode for found in findings(example, mode)}
    assert "XML_DOCTYPE" in named
    assert named & CODES.keys() - shown == set()


def test_the_page_is_fresh():
    """`make openapi` writes it."""
    assert TARGET.read_text(encoding="utf-8") == render()
    assert TARGET.is_relative_to(ROOT)


def test_no_example_stands_twice():
    """A row more would say nothing more."""
    assert max(Counter(ALL).values()) == 1
