"""The GS1 keys that name things: one row per key (GS1 Digital Link: URI Syntax 1.3, sections 4.2 to 4.7; EPC
Tag Data Standard 2.0, section 6.3).

A key is its application identifier (AI) with a value, and qualifiers that make it
finer. `01` with `21` is one piece.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote

from tracehold.core.errors import Rejected
from tracehold.core.gs1.checkdigit import check

SYMBOLS = r"!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z"
"""Invariant character set 82 of the GS1 General
Specifications (figure 7.11-1), as the inside of a pattern."""

_NARROW = r"#\-/0-9A-Z"  # character set 39, for component and part identifiers


@dataclass(frozen=True, slots=True)
class Key:
    """A primary key: its AI, the form of its value and what that is called, how many leading characters are
    digits that end in a check digit (0: none), and the qualifiers that may follow, finest first."""

    ai: str
    form: re.Pattern[str]
    called: str
    checked: int
    finest: tuple[str, ...] = ()


def _key(ai: str, form: str, called: str, checked: int = 0, *finest: str) -> Key:
    return Key(ai, re.compile(form, re.ASCII), called, checked, finest)


_TEXT30 = rf"\d{{4}}[{SYMBOLS}]{{1,26}}"  # a company prefix has at least four digits

KEYS: dict[str, Key] = {
    key.ai: key
    for key in (
        _key("00", r"\d{18}", "an SSCC of 18 digits", 18),
        _key("01", r"\d{14}", "a GTIN of 8, 12, 13 or 14 digits", 14, "21", "235", "10"),
        _key(
            "253",
            rf"\d{{13}}[{SYMBOLS}]{{0,17}}",
            "a GDTI: 13 digits and a serial of up to 17 characters",
            13,
        ),
        _key("255", r"\d{13,25}", "a GCN: 13 digits and a serial of up to 12 digits", 13),
        _key("401", _TEXT30, "a GINC of up to 30 characters that begins with a company prefix"),
        _key("402", r"\d{17}", "a GSIN of 17 digits", 17),
        _key("414", r"\d{13}", "a GLN of 13 digits", 13, "254"),
        _key("417", r"\d{13}", "a GLN of 13 digits", 13),
        _key(
            "8003",
            rf"0\d{{13}}[{SYMBOLS}]{{0,16}}",
            "a GRAI: 0, 13 digits and a serial of up to 16 characters",
            14,
        ),
        _key("8004", _TEXT30, "a GIAI of up to 30 characters that begins with a company prefix"),
        _key("8006", r"\d{18}", "an ITIP of 18 digits", 14, "21", "10"),
        _key("8010", rf"\d{{4}}[{_NARROW}]{{1,26}}", "a CPID of up to 30 digits, capitals, # - /", 0, "8011"),
        _key("8017", r"\d{18}", "a GSRN of 18 digits", 18),
        _key("8018", r"\d{18}", "a GSRN of 18 digits", 18),
    )
}

QUALIFIERS: dict[str, re.Pattern[str]] = {
    "10": re.compile(rf"[{SYMBOLS}]{{1,20}}"),
    "21": re.compile(rf"[{SYMBOLS}]{{1,20}}"),
    "22": re.compile(rf"[{SYMBOLS}]{{1,20}}"),
    "235": re.compile(rf"[{SYMBOLS}]{{1,28}}"),
    "254": re.compile(rf"[{SYMBOLS}]{{1,20}}"),
    "7040": re.compile(r"\d[A-Z0-9]{3}", re.ASCII),
    "8011": re.compile(r"\d{1,12}", re.ASCII),
    "8019": re.compile(r"\d{1,10}", re.ASCII),
}

_CALLED = {
    "10": "a lot of 1 to 20 characters", "21": "a serial of 1 to 20 characters",
    "22": "a variant of 1 to 20 characters", "235": "a third party's serial of 1 to 28 characters",
    "254": "an extension of 1 to 20 characters", "7040": "a digit and 3 digits or capitals",
    "8011": "a serial of 1 to 12 digits", "8019": "a number of 1 to 10 digits",
}  # fmt: skip

ALIASES = {
    "gtin": "01", "sscc": "00", "gln": "414", "party": "417", "grai": "8003", "giai": "8004", "itip": "8006",
    "gdti": "253", "gcn": "255", "ginc": "401", "gsin": "402", "cpid": "8010", "gsrnp": "8017",
    "gsrn": "8018", "lot": "10", "ser": "21", "cpv": "22", "cpsn": "8011", "glnx": "254",
}  # fmt: skip
"""Names that older Digital Links have in place of AIs (Digital Link 1.1, section 4.3)."""


def compose(ai: str, value: str, qualifiers: dict[str, str]) -> str:
    """The canonical Digital Link on id.gs1.org with only the finest qualifier: what EPCIS compares (CBV 2.0
    section 8.9). Values are plain text, not percent-encoded. Raises BAD_IDENTIFIER or BAD_CHECK_DIGIT."""
    key = KEYS[ai]
    value = value.zfill(14) if ai == "01" and len(value) in (8, 12, 13) else value
    _check_form(f"({ai})", key.form, value, key.called)
    if key.checked:
        check(value[: key.checked])
    for name, text in qualifiers.items():
        _check_form(f"({name})", QUALIFIERS[name], text, _CALLED[name])
    link = f"https://id.gs1.org/{ai}/{encode(value)}"
    for name in key.finest:
        if name in qualifiers and (name, qualifiers[name]) != ("254", "0"):  # extension 0 means no extension
            return f"{link}/{name}/{encode(qualifiers[name])}"
    return link


def encode(value: str) -> str:
    """Percent-encoding with upper-case digits of all that Digital
    Link does not allow bare; the apostrophe stays."""
    return value if value.isalnum() else quote(value, safe="'")


def _check_form(name: str, form: re.Pattern[str], value: str, called: str) -> None:
    if not form.fullmatch(value):
        raise Rejected(
            "BAD_IDENTIFIER",
            f"{value[:60]!r} is no value of GS1 {name}, which is {called}",
            remedy=f"Write {called}, as the label has it, or use a name that is no GS1 key.",
        )
