"""Reads the TOML file of a node. Unknown keys and wrong types are errors that name the key."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from tracehold.config.rules import check
from tracehold.config.settings import Config
from tracehold.config.tokens import read_tokens
from tracehold.core.errors import Rejected

Section = TypeVar("Section")


def load(path: Path) -> Config:
    """The settings in this file, paths made absolute. Raises BAD_CONFIG with the key as path."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected("BAD_CONFIG", f"{path} cannot be read", remedy="Run tracehold init.") from error
    return parse(text, path)


def parse(text: str, path: Path) -> Config:
    """The settings in this TOML text, as if it stood in the file `path`. Raises BAD_CONFIG."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Rejected("BAD_CONFIG", f"{path} is no TOML: {error}") from error
    folder = path.parent.absolute()
    tokens = read_tokens(document.pop("tokens", []))
    hints = get_type_hints(Config)
    sections = {
        field.name: hints[field.name] for field in fields(Config) if field.name not in {"path", "tokens"}
    }
    _refuse_unknown(document, sections, "")
    made = {name: _section(kind, document.get(name, {}), name, folder) for name, kind in sections.items()}
    config = Config(path=path.absolute(), tokens=tokens, **made)
    check(config)
    return config


def _section(kind: type[Section], given: Any, name: str, folder: Path) -> Section:
    if not isinstance(given, dict):
        raise bad("must be a section", name)
    hints = get_type_hints(kind)
    _refuse_unknown(given, hints, f"{name}.")
    values = {}
    for field in fields(kind):  # type: ignore[arg-type]  # every section is a dataclass
        where = f"{name}.{field.name}"
        if field.name in given:
            value = _value(hints[field.name], given[field.name], where)
        elif field.default is MISSING:
            raise bad("this key is required", where)
        else:
            value = field.default
        values[field.name] = folder / value if isinstance(value, Path) else value
    return kind(**values)


def _refuse_unknown(given: Mapping[str, Any], known: Mapping[str, Any], prefix: str) -> None:
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"Did you mean {prefix}{near[0]}?" if near else "Remove it, or see docs/config.md."
            raise Rejected("BAD_CONFIG", "there is no such key", path=f"{prefix}{name}", remedy=hint)


def _value(kind: Any, given: Any, where: str) -> Any:
    if get_origin(kind) is Literal:
        if given not in get_args(kind):
            raise bad(f"must be one of {', '.join(get_args(kind))}", where)
        return given
    if get_origin(kind) is tuple:
        if not isinstance(given, list):
            raise bad("must be a list", where)
        return tuple(_value(get_args(kind)[0], each, f"{where}[{at}]") for at, each in enumerate(given))
    return _plain(kind, given, where)


def _plain(kind: Any, given: Any, where: str) -> Any:
    if kind is Path:
        return Path(_plain(str, given, where))
    if kind is float and type(given) is int:
        return float(given)
    if type(given) is not kind:
        raise bad(f"must be {_WORDS[kind]}", where)
    return given


_WORDS = {str: "text in quotes", int: "a whole number", float: "a number", bool: "true or false"}


def bad(message: str, where: str) -> Rejected:
    """What is wrong with a key."""
    return Rejected("BAD_CONFIG", message, path=where)
