"""What the `@context` of an event says about prefixes (JSON-LD 1.1, section 4.1.5), from what is known here.

No context is ever fetched. The standard's own is known by its addresses; of any other remote context nothing
is
known, and that is told. A context never changes what the standard's fields mean: those are protected (JSON-LD
1.1,
section 4.1.11), and read by their names.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from tracehold.core.epcis.uris import is_uri

_STANDARD = re.compile(
    r"https?://(?:ref\.gs1\.org/standards/epcis/(?:\d+\.\d+\.\d+/)?|gs1\.github\.io/EPCIS/)epcis-context\.jsonld"
)
PREFIXES = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": "https://ref.gs1.org/cbv/",
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": "https://gs1.org/voc/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}
"""The prefixes of the standard's own context, EPCIS 2.0."""

_SCHEMES = frozenset({"http", "https", "urn", "did", "info", "ni", "oid", "tag"})
"""Never prefixes, whatever a context says: `urn:epc:id:...` is what it looks like."""

MAX_NAMESPACE_CHARS = 256
"""A longer namespace is none: one small prefix must not blow up a payload of many short names."""


_SHORT = 200


@dataclass(frozen=True, slots=True)
class Namespaces:
    """Prefixes that a context declares. `unknown` are the paths of remote contexts that are not known here,
    each of which may declare any prefix. `faults` are the paths of what is no context by the published
    schema: neither a URI nor an object, alone or in a list."""

    prefixes: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    def expanded(self, text: str) -> str:
        """The URI that a CURIE stands for; any other text as it is."""
        prefix, colon, local = text.partition(":")
        namespace = self.prefixes.get(prefix) if colon and not local.startswith("//") else None
        return text if namespace is None or prefix in _SCHEMES else namespace + local

    def undeclared(self, name: str) -> bool:
        """Whether a prefixed name uses a prefix that is certainly declared nowhere."""
        prefix, _, local = name.partition(":")
        known = prefix in self.prefixes or prefix in _SCHEMES or local.startswith("//")
        return not known and not self.unknown


def namespaces(context: Any) -> Namespaces:
    """What a context of any form declares, and its faults."""
    if isinstance(context, str) and len(context) <= _SHORT:
        return _remembered((context,), listed=False)
    if isinstance(context, list) and len(context) == 1 and isinstance(context[0], str):
        return _remembered((context[0],), listed=True) if len(context[0]) <= _SHORT else _read(context)
    return _read(context)


@lru_cache(maxsize=32)  # nearly all events of the world have one of two contexts
def _remembered(names: tuple[str, ...], *, listed: bool) -> Namespaces:
    return _read(list(names) if listed else names[0])


def _read(context: Any) -> Namespaces:
    prefixes: dict[str, str] = {}
    entries = _entries(context)
    for _, entry in entries:
        if isinstance(entry, dict):
            prefixes.update(_declared(entry))
        elif isinstance(entry, str) and _STANDARD.fullmatch(entry):
            prefixes.update(PREFIXES)
    prefixes.update({name: PREFIXES[name] for name in prefixes.keys() & PREFIXES.keys()})
    texts = [(path, entry) for path, entry in entries if isinstance(entry, str)]
    return Namespaces(
        prefixes,
        tuple(path for path, entry in texts if not _STANDARD.fullmatch(entry)),
        tuple(path for path, entry in entries if not _fits(entry)),
    )


def repeated(context: Any) -> list[str]:
    """Paths of entries that stood before in the same list, which the published schema does not allow."""
    if not isinstance(context, list):
        return []
    seen: set[str] = set()
    texts = [json.dumps(entry, sort_keys=True) for entry in context]
    return [f"/@context/{at}" for at, text in enumerate(texts) if text in seen or seen.add(text)]  # type: ignore[func-returns-value]


def _entries(context: Any) -> list[tuple[str, Any]]:
    if isinstance(context, list):
        return [(f"/@context/{at}", entry) for at, entry in enumerate(context)]
    return [("/@context", context)]


def _fits(entry: Any) -> bool:
    return isinstance(entry, dict) or (isinstance(entry, str) and is_uri(entry))


def _declared(entry: dict[str, Any]) -> dict[str, str]:
    found = {}
    for name, value in entry.items():
        namespace = value.get("@id") if isinstance(value, dict) else value
        if isinstance(namespace, str) and len(namespace) <= MAX_NAMESPACE_CHARS and is_uri(namespace):
            found[name] = namespace
    return found
