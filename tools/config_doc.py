"""Writes docs/config.md from the texts in config/settings.py, or proves that it is what would be written.

tools/config_doc.py            write
tools/config_doc.py --check    compare; exit 1 on a difference
"""

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from tracehold.config import (
    attachments,
    audit,
    chain_node,
    directory,
    graph,
    ledger,
    quality,
    replication,
    settings,
    strangers,
    tokens,
)

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "config.md"

_INTRO = """\
# Configuration

Written by `tools/config_doc.py` from `config/settings.py`; do not edit.

A node reads one TOML file, `tracehold.toml` in its folder (`tracehold init` makes one). Unknown keys and
wrong values stop the start and name the key. Paths are relative to the file. No secret stands in it: keys are
named by path, tokens by hash. `tracehold doctor` prints the settings in force.
"""


def render() -> str:
    """The page."""
    return "\n".join([_INTRO, *_sections(), _tokens()])


def _sections() -> Iterator[str]:
    config = ast.parse(inspect.getsource(settings))
    parts = [
        ast.parse(inspect.getsource(module))
        for module in (
            attachments,
            audit,
            chain_node,
            directory,
            graph,
            ledger,
            quality,
            replication,
            strangers,
        )
    ]
    body = [*config.body, *(node for part in parts for node in part.body)]
    classes = {node.name: node for node in body if isinstance(node, ast.ClassDef)}
    for name, section in _section_names(config).items():
        if name in classes:
            yield f"## [{section}]\n"
            yield f"{_flowing(ast.get_docstring(classes[name]) or '')}\n"
            yield from _keys(classes[name])


def _section_names(config: ast.Module) -> dict[str, str]:
    """The section's name in the file, by its class: the fields of `Config` say so."""
    (whole,) = (node for node in config.body if isinstance(node, ast.ClassDef) and node.name == "Config")
    fields = [node for node in whole.body if isinstance(node, ast.AnnAssign)]
    return {ast.unparse(field.annotation): ast.unparse(field.target) for field in fields}


def _keys(section: ast.ClassDef) -> Iterator[str]:
    for field, below in zip(section.body, section.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr):
            yield f"**`{ast.unparse(field.target)}`** ({_default(field)})\n"
            yield f"{_flowing(ast.literal_eval(below.value))}\n"


def _flowing(text: str) -> str:
    """The text in lines of the page's own: how it is broken in the source says nothing."""
    return textwrap.fill(" ".join(text.split()), 110, break_long_words=False, break_on_hyphens=False)


def _default(field: ast.AnnAssign) -> str:
    if field.value is None:
        return "required"
    value = eval(  # noqa: S307  our own source, literals and paths only
        ast.unparse(field.value), {"Path": Path, "__builtins__": {}}
    )
    return f"default `{_toml(value)}`"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[]"
    return f'"{value}"' if isinstance(value, str | Path) else str(value)


def _tokens() -> str:
    text = inspect.cleandoc(tokens.__doc__ or "")
    about, _, example = text.partition("\n\n")
    about = _flowing(about.removeprefix("`[[tokens]]`: "))
    return f"## [[tokens]]\n\n{about[0].upper()}{about[1:]}\n\n```toml\n{inspect.cleandoc(example)}\n```\n"


if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # in place of this file's folder
    from tools.derived import write_or_compare

    write_or_compare(TARGET, render)
