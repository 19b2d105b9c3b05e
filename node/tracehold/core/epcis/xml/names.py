"""Names of one event: XML namespaces to prefixes of its `@context`."""

import re

from tracehold.core.epcis.context import PREFIXES
from tracehold.core.epcis.vocabulary import Vocabulary
from tracehold.core.epcis.xml.tree import Name, Node

STANDARD = re.compile(r"(?:urn:epcglobal:epcis(?:-query|-masterdata)?:xsd:\d)?")
"""Namespaces of EPCIS itself. Its elements stand in none; real data writes them in these as well."""

_MASTERDATA = "urn:epcglobal:cbv:mda"
_KNOWN = {space: prefix for prefix, space in PREFIXES.items()} | {_MASTERDATA: "cbvmda"}
"""Namespaces that the standard's context binds. CBV's XML has its master data without the last colon."""

_FIT = re.compile(r"[A-Za-z][A-Za-z0-9.\-]*")
_SCHEMES = frozenset({"http", "https", "urn", "did", "info", "ni", "oid", "tag", "javascript", "data"})
"""Prefixes in XML, and schemes elsewhere: another prefix is taken."""


def is_standard(node: Node, local: str) -> bool:
    """Whether this is EPCIS's own element of the name."""
    return node.name.local == local and STANDARD.fullmatch(node.name.space) is not None


class Names:
    """Gives each namespace of an event one prefix. `scope` are the prefixes in force where it is read,
    `context` is what the event must declare, `empty` what was left out because it says nothing."""

    __slots__ = ("_prefixes", "context", "empty", "scope")

    def __init__(self, scope: dict[str, str]) -> None:
        self.scope = scope
        self._prefixes: dict[str, str] = {}
        self.context: dict[str, str] = {}
        self.empty: list[str] = []

    def enter(self, node: Node) -> dict[str, str]:
        """Names and values inside of this element are read from here on; gives what `leave` takes."""
        before = self.scope
        if node.declared:
            self.scope = {**before, **node.declared}
        return before

    def leave(self, before: dict[str, str]) -> None:
        """Outside of the element again."""
        self.scope = before

    def written(self, name: Name) -> str:
        """The name as JSON writes it: bare where it is EPCIS's own, else `prefix:local`."""
        if STANDARD.fullmatch(name.space):
            return name.local
        return f"{self._prefix(name.space, name.prefix)}:{name.local}"

    def term(self, text: str, standard: Vocabulary) -> str:
        """A vocabulary value: a standard one as its bare word, a CURIE with a prefix that the event declares;
        anything else as it is."""
        prefix, colon, local = text.partition(":")
        bound = self.scope.get(prefix) if colon and prefix not in _SCHEMES else None
        space = None if local.startswith("//") else bound
        spelled = text if space is None else space + local
        word = standard.word(spelled)
        # `MT-` is no spelling of today's word to the event hash.
        if word is not None and not spelled.endswith(f"MT-{word}"):
            return word
        return text if space is None else f"{self._prefix(space, prefix)}:{local}"

    def _prefix(self, space: str, wish: str) -> str:
        known = _KNOWN.get(space) or self._prefixes.get(space)
        if known:
            return known
        free = wish if _FIT.fullmatch(wish) and wish not in _SCHEMES and wish not in PREFIXES else ""
        number = len(self.context)
        while not free or free in self.context:
            number += 1
            free = f"ns{number}"
        self._prefixes[space] = free
        self.context[free] = space
        return free
