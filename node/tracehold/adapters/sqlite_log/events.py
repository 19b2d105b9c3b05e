"""Events of the contract as rows, and back."""

from dataclasses import fields
from typing import Any, get_args

from tracehold.adapters.sqlite_log.rows import Row
from tracehold.core import cbor
from tracehold.journey.ports import Role
from tracehold.journey.ports.followed import Anchored, Change, OperatorEnrolled, Pointer, Superseded, What

EVENT = "number, idx, hash, time, kind, node, about, body"

_KINDS: dict[str, Any] = {kind.__name__: kind for kind in get_args(What)}


def event_row(change: Change) -> Row:
    """The row of `EVENT` for a change."""
    what = change.what
    body = cbor.encode([_plain(getattr(what, field.name)) for field in fields(what)])
    node = 0 if isinstance(what, OperatorEnrolled) else what.node
    place = (change.number, change.index, change.hash, change.time)
    return (*place, type(what).__name__, node, _about(what), body)


def _about(what: What) -> int | bytes | None:
    """By what it is looked up, besides its node."""
    if isinstance(what, Anchored):
        return what.size
    return what.fingerprint if isinstance(what, Superseded) else None


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(str(role) for role in value)
    return list(value) if isinstance(value, tuple) else value


def change_of(row: Row) -> Change:
    """The change in a row of `EVENT`."""
    number, index, digest, time, kind, _, _, body = row
    made = _KINDS[kind]
    values = [_value(field.name, value) for field, value in zip(fields(made), cbor.decode(body), strict=True)]
    return Change(number, digest, time, index, made(*values))


def _value(name: str, value: Any) -> Any:
    if name == "roles":
        return frozenset(map(Role, value))
    return tuple(value) if isinstance(value, list) else value


def pointer_of(change: Change) -> Pointer:
    """What a `Superseded` event points to."""
    what = change.what
    if not isinstance(what, Superseded):
        raise TypeError(f"{type(what).__name__} points to nothing")
    said = (what.node, what.fingerprint, what.replacement)
    return Pointer(*said, change.number, change.hash, change.time)
