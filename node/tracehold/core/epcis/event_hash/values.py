"""Values as the event hash writes them: one text for every spelling (CBV 2.0, section 8.9, rules 5 to 9 and
14
to 18).

The context of an event binds the prefixes of its names and values. It is read, never fetched.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from tracehold.core.epcis.event_hash.terms import CBV, URN_KINDS
from tracehold.core.epcis.times import instant
from tracehold.core.epcis.vocabulary import ALERTS, MEASUREMENTS
from tracehold.core.errors import Rejected
from tracehold.core.gs1 import canonical

Pairs = tuple[tuple[str, str], ...]

_MAX_NUMBER = 400  # characters: no double has more digits, and no exponent can blow the text up
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_EXACT_TIME = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z", re.ASCII)
_CBV_WEB = re.compile(r"https?://(?:ref|ns)\.gs1\.org/cbv/", re.IGNORECASE)
_VOC_WEB = re.compile(r"https?://(?:ref\.)?gs1\.org/voc/", re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BOUND = {
    "cbv": CBV,
    "epcis": "https://ref.gs1.org/epcis/",
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
}
"""Prefixes that the EPCIS context binds for everyone."""

_SCHEMES = frozenset(("http", "https", "urn", "ni"))
"""Never prefixes, whatever a context says: what looks like an address is one."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How one version of the algorithm writes.

    `vocabulary`: namespace of GS1's web vocabulary. `exact`: numbers keep all their digits, else they pass
    through a double. `certified`: certificationInfo is part of the text. `placed`: business transactions,
    sources and destinations stand before the sensor data, in the standard's order, else with the extensions,
    sorted by name. `literal`: text that looks like a number stays text, and instants keep their microseconds.
    """

    version: str
    vocabulary: str
    exact: bool
    certified: bool
    placed: bool
    literal: bool = False


class Values:
    """Writes the values and names of events with one context."""

    __slots__ = ("_prefixes", "_spaces", "profile")

    def __init__(self, profile: Profile, pairs: Pairs) -> None:
        self.profile = profile
        bound = {name: iri for name, iri in pairs if name not in _SCHEMES}
        self._prefixes = {**_BOUND, **bound, "gs1": profile.vocabulary}
        self._spaces = sorted((iri for iri in self._prefixes.values() if iri[-1:] in "/#:"), key=len)

    def name(self, key: str) -> str:
        """`{namespace}local` of an extension's name, whether written with a prefix, in full, or as a term of
        the context; other names as they are."""
        prefix, colon, local = key.partition(":")
        bound = self._prefixes.get(prefix)
        if colon and bound is not None:
            return f"{{{bound}}}{local}"
        if colon and local.startswith("//"):
            return self._split(key) or key
        return (bound and self._split(bound)) or {"@id": "id", "@type": "type"}.get(key, key)

    def _split(self, iri: str) -> str | None:
        """A full name apart: at the longest namespace of the context, else after its last separator."""
        space = next((each for each in reversed(self._spaces) if iri.startswith(each) and iri != each), "")
        space = space or iri[: 1 + max(iri.rfind(mark) for mark in "/#:")]
        return f"{{{space}}}{iri[len(space) :]}" if 0 < len(space) < len(iri) else None

    def text(self, value: Any) -> str:
        """Any value that is not one of the standard's terms or times."""
        if isinstance(value, bool):
            return "true" if value else "false"
        text = value.strip() if isinstance(value, str) else str(value)
        if not text:
            return ""
        first = text[0]
        if first in "+-.0123456789" and not (self.profile.literal and isinstance(value, str)):
            return number(text, exact=self.profile.exact)
        if first in "uUhH":
            return self._address(text)
        return self._expanded(text) if ":" in text else text

    def identifier(self, value: Any) -> str:
        """A value where the standard wants an identifier: element strings are read too."""
        text = self.text(value)
        return _canonical(text) if text[:1] == "(" else text

    def term(self, value: Any, words: dict[str, str]) -> str:
        """A standard value: bare, as URN, web address or with prefix; all come to the web address."""
        text = value.strip() if isinstance(value, str) else ""
        return words.get(text) or self.text(value)

    def time(self, value: Any) -> str:
        """An instant in UTC to milliseconds, half a millisecond counting up; what is no instant, as it is."""
        text = value.strip() if isinstance(value, str) else str(value)
        if _EXACT_TIME.fullmatch(text):
            return text
        try:
            micros = instant(text)
        except Rejected:
            return text
        if not self.profile.literal or micros % 1000 == 0:
            micros, unit = (micros + 500) // 1000 * 1000, "milliseconds"
        else:
            unit = "microseconds"
        return (_EPOCH + timedelta(microseconds=micros)).isoformat(timespec=unit)[:-6] + "Z"

    def voc(self, value: Any) -> str:
        """A term of GS1's web vocabulary: a measurement type or a sensor's exception."""
        text = value.strip() if isinstance(value, str) else ""
        return (
            self.profile.vocabulary + text
            if text in MEASUREMENTS.words or text in ALERTS.words
            else self.text(value)
        )

    def _address(self, text: str) -> str:
        if text.startswith("urn:epcglobal:cbv:"):
            kind, _, word = text[18:].partition(":")
            return f"{CBV}{URN_KINDS[kind]}-{word}" if kind in URN_KINDS and word else text
        if text[:4].lower() not in ("urn:", "http"):
            return self._expanded(text)
        voc = _VOC_WEB.match(text)
        if voc:
            return self.profile.vocabulary + text[voc.end() :]
        cbv = _CBV_WEB.match(text)
        return CBV + text[cbv.end() :] if cbv else _canonical(text)

    def _expanded(self, text: str) -> str:
        """Values with a prefix of GS1 in full. Prefixes of others stay: the published hashes keep them."""
        prefix, _, local = text.partition(":")
        bound = self._prefixes.get(prefix, "")
        return self._address(bound + local) if "gs1.org/" in bound[:20] else text


@lru_cache(maxsize=256)
def values(profile: Profile, pairs: Pairs) -> Values:
    """The writer for a version and the prefixes that a context binds. Few contexts recur all the time."""
    return Values(profile, pairs)


def bindings(context: Any) -> Pairs:
    """The prefixes and terms that a JSON-LD context binds itself; addresses of other contexts bind
    nothing.
    """
    entries = context if isinstance(context, list) else [context]
    return tuple(
        (name, iri)
        for entry in entries
        if isinstance(entry, dict)
        for name, bound in entry.items()
        if isinstance(iri := bound.get("@id") if isinstance(bound, dict) else bound, str)
        and iri[:1] not in ("", "@")
    )


def number(text: str, *, exact: bool) -> str:
    """A number without needless zeros or sign; any other text as it is.

    `exact` keeps every digit. Without it the number is what a double holds: the published CBV 2.0 hashes
    contain such a loss, `111100001111000011110000` became `111100001111000003641344`.
    """
    if len(text) > _MAX_NUMBER or not _NUMBER.fullmatch(text):
        return text
    if exact:
        plain = format(Decimal(text), "f")
        plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
        return "0" if plain in ("-0", "") else plain
    rounded = float(text)
    if rounded - rounded != 0.0:
        return text
    return str(int(rounded)) if rounded == int(rounded) else str(rounded)


def _canonical(text: str) -> str:
    try:
        return canonical(text)
    except Rejected:
        return text
