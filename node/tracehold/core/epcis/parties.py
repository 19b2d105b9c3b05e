"""Which parties an event names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracehold.core.epcis.attributes import local_name
from tracehold.core.errors import Rejected
from tracehold.core.gs1 import canonical

if TYPE_CHECKING:
    from tracehold.core.epcis.model import Event

_ROLES = frozenset({"owning_party", "possessing_party"})
_EXTENSIONS = frozenset({"informationProvider", "productOwner"})
"""CBV master data and GDST terms that name a party right in the event."""


def named(event: Event) -> frozenset[str]:
    """Canonical owners and possessors of sources and destinations, information provider, product owner."""
    found = {end.id.canonical for end in event.sources + event.destinations if end.type in _ROLES}
    for name, value in event.extensions.items():
        if isinstance(value, str) and local_name(name) in _EXTENSIONS:
            found.add(_canonical(value))
    return frozenset(found - {""})


def _canonical(value: str) -> str:
    try:
        return canonical(value)
    except Rejected:
        return ""  # an extension of any form may stand there; what is no identifier names nobody
