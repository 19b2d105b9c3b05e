"""Where things stand in a payload. A fact counts a piece that is named twice once, whatever its spellings, so
its places are those among distinct pieces."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tracehold.core import strict_json
from tracehold.core.epcis import Event
from tracehold.core.quality.finding import Finding

_PIECES = {
    "epcList": "objects",
    "childEPCs": "children",
    "inputEPCList": "inputs",
    "outputEPCList": "outputs",
}


def may_differ(finding: Finding) -> bool:
    """Whether the place in the payload may be another one: the first of a list is the first of both."""
    name, place = _split(finding.path)
    return name in _PIECES and place > 0


def in_payload(findings: Sequence[Finding], event: Event, payload: bytes) -> list[Finding]:
    """The findings with their places in the payload that states the event."""
    said = strict_json.loads(payload)
    return [replace(finding, path=_placed(finding.path, event, said)) for finding in findings]


def _placed(path: str, event: Event, said: dict[str, Any]) -> str:
    name, place = _split(path)
    named = getattr(event.what, _PIECES.get(name, ""), None)
    if named is None or not 0 <= place < len(named.epcs):
        return path
    first = named.epcs[place].original
    return f"/{name}/{said[name].index(first)}" if first in said.get(name, ()) else path


def _split(path: str) -> tuple[str, int]:
    """The list and the place in it; -1 where it is no place in a list."""
    name, _, place = path.removeprefix("/").partition("/")
    return name, int(place) if place.isdecimal() else -1
