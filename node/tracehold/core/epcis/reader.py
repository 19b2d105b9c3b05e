"""Reads fields out of parsed JSON: types, identifiers, times. Strict mode refuses
what tolerant mode only reports.

A `Reader` stands at one JSON object. `sloppy` is the whole difference between the
modes: one place, one meaning.
"""

import re
from typing import Any, NoReturn

from tracehold.core.epcis.model import Finding, Id, Mode
from tracehold.core.epcis.times import instant
from tracehold.core.epcis.vocabulary import bare_word
from tracehold.core.errors import Rejected
from tracehold.core.gs1 import canonical, check_harmless, has_scheme, on_foreign_domain

_FORBIDDEN_SPELLING = re.compile(r"urn:epcglobal:cbv|https?://ns\.gs1\.org/cbv/")
"""Standard values in these forms are refused by the published
schema (`vocab-other-uri`); other web forms pass."""


class Reader:
    """One pass over one payload. `findings` gathers what tolerant mode let pass."""

    __slots__ = ("findings", "mode")

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.findings: list[Finding] = []

    def refuse(self, code: str, path: str, message: str) -> NoReturn:
        """Raises: wrong in both modes."""
        raise Rejected(code, message, path=path)

    def sloppy(self, code: str, path: str, message: str) -> None:
        """Wrong by the standard and common in real data:
        strict mode raises, tolerant mode notes a warning."""
        if self.mode is Mode.STRICT:
            raise Rejected(code, message, path=path)
        self.note(code, path, message)

    def note(self, code: str, path: str, message: str) -> None:
        """Allowed in both modes, and worth a warning."""
        self.findings.append(Finding(code, path, message))

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

    def identifier(self, value: Any, path: str) -> Id | None:
        """An identifier, canonical and as written; None for an empty text (sloppy).

        Malformed GS1 keys and bare names stay opaque with a warning; wrong check digits and
        script URIs are refused in both modes (a number in the path of a web address outside GS1's
        domains may be no key at all, and only warns).
        """
        text = self.text(value, path)
        if not text:
            self.sloppy("BAD_URI", path, "an empty text is no identifier")
            return None
        try:
            found = canonical(text)
        except Rejected as error:
            self._opaque(error, text, path)
            found = text
        if found == text and not has_scheme(text):
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
        if not has_scheme(text):
            self.sloppy("BAD_URI", path, "this is no URI")
        return text or None

    def time(self, value: Any, path: str, offset: str | None = None) -> int:
        """Microseconds UTC of a date and time. Raises BAD_TIME."""
        try:
            return instant(self.text(value, path), offset)
        except Rejected as error:
            raise Rejected(error.code, error.message, path=path) from None

    def term(self, value: Any, path: str, standard: frozenset[str]) -> str | None:
        """A vocabulary value: a standard one as its bare word, another as
        the URI that it must be. None for empty text."""
        text = self.text(value, path)
        if text in standard:
            return text
        word = bare_word(text)
        if word in standard:
            if _FORBIDDEN_SPELLING.match(text):
                self.sloppy("EPCIS_FORM", path, f"JSON writes this standard value {word}")
            return word
        if text and not has_scheme(text):
            self.refuse("EPCIS_FORM", path, f"{text[:60]!r} is neither a standard value nor a URI")
        return self.uri(text, path)


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")


def pointer(path: str, step: str | int) -> str:
    """The JSON pointer one step further (RFC 6901 section 3)."""
    if isinstance(step, int):
        return f"{path}/{step}"
    return f"{path}/{step.replace('~', '~0').replace('/', '~1')}"
