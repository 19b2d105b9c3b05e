"""Reads fields out of parsed JSON: types, identifiers, times. Strict mode refuses
what tolerant mode only reports.

A `Reader` stands at one JSON object. `sloppy` is the whole difference between the
modes: one place, one meaning.
"""

from collections.abc import Callable, Set
from functools import lru_cache
from typing import Any, NoReturn, TypeVar, cast

from tracehold.core.epcis.context import Namespaces
from tracehold.core.epcis.model import Finding, Id, Mode
from tracehold.core.epcis.times import instant, is_rfc3339
from tracehold.core.epcis.uris import is_uri
from tracehold.core.epcis.vocabulary import Vocabulary
from tracehold.core.errors import Rejected
from tracehold.core.gs1 import canonical, check_harmless, has_scheme, on_foreign_domain

MAX_FINDINGS = 200
"""Warnings told of one payload, and errors as many: a megabyte of faults is not answered with a hundred."""

T = TypeVar("T")


class Reader:
    """One pass over one payload. `findings` gathers what tolerant mode let pass. A reader that is told to
    `gather` goes on after a refusal and keeps it as a finding of severity error.
    """

    __slots__ = ("_gather", "_told", "findings", "mode", "namespaces")

    def __init__(self, mode: Mode, *, gather: bool = False) -> None:
        self.mode = mode
        self.namespaces = Namespaces()
        self.findings: list[Finding] = []
        self._gather = gather
        self._told = {"warning": 0, "error": 0}

    @property
    def refused(self) -> bool:
        """Whether a gathering reader met something that refuses the payload."""
        return self._told["error"] > 0

    def attempt(self, read: Callable[..., T], *arguments: Any) -> T:
        """What `read` gives. Where it refuses and this reader gathers, None in place of it: nobody may use
        the
        result of a reader that `refused`."""
        try:
            return read(*arguments)
        except Rejected as error:
            if not self._gather:
                raise
            self._add(Finding(error.code, error.path, error.message, "error"))
            return cast("T", None)

    def refuse(self, code: str, path: str, message: str) -> NoReturn:
        """Raises: wrong in both modes."""
        raise Rejected(code, message, path=path)

    def sloppy(self, code: str, path: str, message: str) -> None:
        """Wrong by the standard and common in real data:
        strict mode raises, tolerant mode notes a warning."""
        if self.mode is not Mode.STRICT:
            self.note(code, path, message)
        elif self._gather:
            self._add(Finding(code, path, message, "error"))
        else:
            raise Rejected(code, message, path=path)

    def note(self, code: str, path: str, message: str) -> None:
        """Allowed in both modes, and worth a warning."""
        self._add(Finding(code, path, message))

    def _add(self, finding: Finding) -> None:
        # Counted apart: no heap of warnings may hide what refuses the payload.
        told = self._told[finding.severity] = self._told[finding.severity] + 1
        if told <= MAX_FINDINGS:
            self.findings.append(finding)
        elif told == MAX_FINDINGS + 1:
            self.findings.append(Finding("MORE_FINDINGS", "", "there is more, and it is not listed"))

    def text(self, value: Any, path: str) -> str:
        """The value as a string. Raises EPCIS_FORM."""
        if not isinstance(value, str):
            self.refuse("EPCIS_FORM", path, f"a string is expected, not {_kind(value)}")
        return value

    def object(self, value: Any, path: str) -> dict[str, Any]:
        """The value as an object. Raises EPCIS_FORM."""
        if not isinstance(value, dict):
            self.refuse("EPCIS_FORM", path, f"an object is expected, not {_kind(value)}")
        return value

    def members(self, value: Any, path: str, known: Set[str], *, extensible: bool = False) -> dict[str, Any]:
        """The value as an object of `known` members. A null is as if absent (sloppy). Other names are sloppy,
        or, where the object is extensible, extensions: sloppy only without a namespace."""
        raw = self.object(value, path)
        if None in raw.values():
            raw = self._without_nulls(raw, path, known)
        if raw.keys() <= known:
            return raw
        for name in raw:  # in its order: two nodes tell the same first
            if name not in known:
                self._strange(name, pointer(path, name), extensible)
        return raw

    def _strange(self, name: str, path: str, extensible: bool) -> None:
        if not extensible:
            self.sloppy("EPCIS_FORM", path, "the standard has no such field here")
        elif not is_uri(name):
            self.sloppy("EPCIS_FORM", path, "an extension field needs a namespace")
        elif self.namespaces.undeclared(name):
            self.note("UNKNOWN_PREFIX", path, f"no @context declares the prefix of {name[:60]}")

    def _without_nulls(self, raw: dict[str, Any], path: str, known: Set[str]) -> dict[str, Any]:
        for name, value in raw.items():
            if value is None and name in known:
                self.sloppy("EPCIS_FORM", pointer(path, name), "null is no value; leave the field out")
        return {name: value for name, value in raw.items() if value is not None or name not in known}

    def required(self, raw: dict[str, Any], name: str, path: str) -> Any:
        """The member of this name. Raises EPCIS_FORM."""
        if name not in raw:
            self.refuse("EPCIS_FORM", f"{path}/{name}", f"{name} is missing")
        return raw[name]

    def array(self, value: Any, path: str) -> list[Any]:
        """The value as a list; absent is empty, and a lone object stands for a list of one (sloppy)."""
        if isinstance(value, list):
            return value
        if value is None:
            return []
        if not isinstance(value, dict):
            self.refuse("EPCIS_FORM", path, f"a list is expected, not {_kind(value)}")
        self.sloppy("EPCIS_FORM", path, "a list is expected; the lone object is taken as one")
        return [value]

    def each(self, read: Callable[[Any, str], T | None], values: list[Any], path: str) -> list[T]:
        """What `read` gives for each value of a list, without the empty ones."""
        if not values:
            return []
        found = (self.attempt(read, value, f"{path}/{at}") for at, value in enumerate(values))
        return [value for value in found if value is not None]

    def bearable(self, read: Callable[..., T], *arguments: Any) -> T | None:
        """What `read` gives, or None where it refuses for the form alone (sloppy). For fields that decide
        nothing.
        """
        try:
            return read(*arguments)
        except Rejected as error:
            if error.code == "BAD_URI":
                raise
            self.sloppy(error.code, error.path, error.message)
            return None

    def identifier(self, value: Any, path: str) -> Id | None:
        """An identifier, canonical and as written; None for an empty text (sloppy).

        Malformed GS1 keys and bare names stay opaque with a warning; wrong check digits and
        script URIs are refused in both modes (a number in the path of a web address outside GS1's
        domains may be no key at all, and only warns).
        """
        text = value if isinstance(value, str) else self.text(value, path)
        if not text:
            self.sloppy("BAD_URI", path, "an empty text is no identifier")
            return None
        try:
            found, absolute = _named(text)
        except Rejected as error:
            self._opaque(error, text, path)
            found, absolute = text, is_uri(text)
        if not absolute:
            self.sloppy("BAD_URI", path, "this is no URI")
        return Id(found, text)

    def _opaque(self, error: Rejected, text: str, path: str) -> None:
        bearable = error.code == "BAD_IDENTIFIER" or (
            error.code == "BAD_CHECK_DIGIT" and on_foreign_domain(text)
        )
        if not bearable:
            raise Rejected(error.code, error.message, path=path) from None
        self.sloppy(error.code, path, error.message)  # the text itself goes on as an opaque name

    def uri(self, value: Any, path: str) -> str | None:
        """A URI that names no item: kept as written. None for an empty text. Raises BAD_URI."""
        text = self.text(value, path)
        try:
            check_harmless(text or "-")
        except Rejected as error:
            raise Rejected(error.code, error.message, path=path) from None
        if not is_uri(text):
            self.sloppy("BAD_URI", path, "this is no URI")
        return text or None

    def time(self, value: Any, path: str, offset: str | None = None) -> int:
        """Microseconds UTC of a date and time; `offset` is the zone of one that says none (sloppy).
        Raises BAD_TIME."""
        text = self.text(value, path)
        try:
            found = instant(text, offset)
        except Rejected as error:
            raise Rejected(error.code, error.message, path=path) from None
        if not is_rfc3339(text, found):
            self.sloppy("BAD_TIME", path, "a time is written as RFC 3339 has it, with its zone")
        return found

    def term(self, value: Any, path: str, standard: Vocabulary) -> str | None:
        """A vocabulary value: a standard one as its bare word, another as
        the URI that it must be, a CURIE written out. None for empty text."""
        text = self.text(value, path)
        if text in standard.words:
            return text
        full = self.namespaces.expanded(text)
        word = standard.word(text) or standard.word(full)
        if standard.refused.match(text):
            told = f"JSON writes this standard value {word}" if word else "this prefix is for standard values"
            self.sloppy("EPCIS_FORM", path, told)
        if word:
            return word
        if text and not has_scheme(text):
            self.refuse("EPCIS_FORM", path, f"{text[:60]!r} is neither a standard value nor a URI")
        if full is not text:
            self.uri(text, path)
        elif text and self.namespaces.undeclared(text):
            self.note("UNKNOWN_PREFIX", path, f"no @context declares the prefix of {text[:60]}")
        return self.uri(full, path)


@lru_cache(maxsize=8_192)  # the same few items, places and parties recur in every event of a company
def _named(text: str) -> tuple[str, bool]:
    """The canonical form, and whether the text is a URI. Raises as `canonical`."""
    return canonical(text), is_uri(text)


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")


def pointer(path: str, step: str | int) -> str:
    """The JSON pointer one step further (RFC 6901 section 3)."""
    if isinstance(step, int):
        return f"{path}/{step}"
    return f"{path}/{step.replace('~', '~0').replace('/', '~1')}"
