"""Element strings: printed with brackets, and as scanners send them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracehold.core import gs1
from tracehold.core.errors import Rejected
from tracehold.core.gs1.elements import SEPARATOR

GTIN = "0109521234543213"
PIECE = "https://id.gs1.org/01/09521234543213/21/x"
LOT = "https://id.gs1.org/01/09521234543213/10/L1"

SCANS = [
    (f"]d2{GTIN}21x", PIECE),
    (f"]C1{GTIN}21x", PIECE),
    (f"]e0{GTIN}21x", PIECE),
    (f"]Q3{GTIN}21x", PIECE),
    (f"]d2{GTIN}10L1", LOT),
    (f"]d2{GTIN}10L1{SEPARATOR}21x", PIECE),
    (f"{SEPARATOR}{GTIN}21x", PIECE),
    (f"{GTIN}10L1{SEPARATOR}21x{SEPARATOR}", PIECE),
    (f"]d2{GTIN}{SEPARATOR}17301231{SEPARATOR}21x", PIECE),
    (f"]d2{GTIN}172700003103001500392105{SEPARATOR}21x", PIECE),
    (f"]d291internal{SEPARATOR}{GTIN}21x", PIECE),
    (f"]d2{GTIN}21(10)", "https://id.gs1.org/01/09521234543213/21/%2810%29"),
    ("]C100195212342345678909", "https://id.gs1.org/00/195212342345678909"),
    ("]d24149521234000013254d7", "https://id.gs1.org/414/9521234000013/254/d7"),
    ("]d280109521234ABC" + SEPARATOR + "801112", "https://id.gs1.org/8010/9521234ABC/8011/12"),
    (f"]d28006095212345432130102{SEPARATOR}21x", "https://id.gs1.org/8006/095212345432130102/21/x"),
    ("]d2800309521234123453s", "https://id.gs1.org/8003/09521234123453s"),
    ("]d280049521234ABc", "https://id.gs1.org/8004/9521234ABc"),
]


@pytest.mark.parametrize(("scan", "canonical"), SCANS)
def test_scans_are_read(scan, canonical):
    """Symbology identifiers, separators needed or not, attributes between, any key."""
    assert gs1.scanned(scan) == canonical


BAD_SCANS = [
    (f"]d2{GTIN}21", "BAD_IDENTIFIER"),  # no value
    (f"]d2{GTIN[:-1]}", "BAD_IDENTIFIER"),  # broken off
    (f"]d2{GTIN[:-1]}4", "BAD_CHECK_DIGIT"),
    (f"]d2{GTIN}{GTIN}", "BAD_IDENTIFIER"),
    (f"]d2{GTIN}4149521234000013", "BAD_IDENTIFIER"),
    (f"]d2{GTIN}21" + "x" * 21, "BAD_IDENTIFIER"),
    (f"]d2{GTIN}05xx", "BAD_IDENTIFIER"),  # 05 is no AI
    (f"]d2{GTIN}ABC", "BAD_IDENTIFIER"),
    (f"]d2{GTIN}17301{SEPARATOR}21x", "BAD_URI"),  # a fixed value with a separator inside
    (f"{GTIN}10L1{SEPARATOR}", "ok"),
    (f"{GTIN}zz{SEPARATOR}", "BAD_URI"),
    (f"java{SEPARATOR}script:alert(1)", "BAD_URI"),
    (SEPARATOR, "BAD_URI"),
    (f"17301231{SEPARATOR}", "BAD_URI"),  # no key in it
    (f"]d2{GTIN}21x\n", "BAD_IDENTIFIER"),
    (f"]d2{GTIN}21x" + SEPARATOR * 2000, "BAD_URI"),  # over the length of any name
]


@pytest.mark.parametrize(("scan", "code"), BAD_SCANS)
def test_bad_scans_are_refused(scan, code):
    """A scan that cannot be read whole names nothing; it is never cut to something else."""
    if code == "ok":
        assert gs1.scanned(scan) == LOT
        return
    with pytest.raises(Rejected) as caught:
        gs1.scanned(scan)
    assert caught.value.code == code
    assert caught.value.remedy


@pytest.mark.parametrize("scan", [scan for scan, _ in SCANS if SEPARATOR in scan])
def test_statements_hold_no_separators(scan):
    """Control characters stay refused where identifiers of events are read."""
    with pytest.raises(Rejected, match="BAD_URI"):
        gs1.canonical(scan)


@pytest.mark.parametrize(
    "text", ["0109521234543213", "]x0109521234543213", "]", "]d", "L0T-17", "(x)1", "(05)1"]
)
def test_texts_without_a_mark_are_names(text):
    """Digits may be anything; only a scanner's mark or brackets make them an element string."""
    assert gs1.scanned(text) == gs1.canonical(text) == text


def test_brackets_inside_a_value_belong_to_it():
    """Only brackets that hold an application identifier part the text: a value is never cut short."""
    link = gs1.canonical("(01)09521234543213(21)L(1")
    assert link == "https://id.gs1.org/01/09521234543213/21/L%281"
    assert gs1.canonical("(01)09521234543213(21)a(5)b") == "https://id.gs1.org/01/09521234543213/21/a%285%29b"


def test_the_lot_of_a_scan_of_lot_and_serial():
    """It is not lost: the spelling tells it."""
    assert gs1.lot_named(f"]d2{GTIN}10L1{SEPARATOR}21x") == LOT
    assert gs1.lot_named(f"]d2{GTIN}21x") is None


SYMBOLS = "!\"%&'*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"


@given(st.text(SYMBOLS, min_size=1, max_size=20), st.text(SYMBOLS, min_size=1, max_size=20), st.booleans())
@settings(max_examples=200, deadline=None)
def test_scan_brackets_and_link_meet(lot, serial, lot_first):
    """One piece, three ways to read it off its package."""
    pairs = [("10", lot), ("21", serial)] if lot_first else [("21", serial), ("10", lot)]
    scan = f"]d2{GTIN}" + SEPARATOR.join(ai + value for ai, value in pairs)
    printed = "(01)09521234543213" + "".join(f"({ai}){value}" for ai, value in pairs)
    assert gs1.scanned(scan) == gs1.scanned(printed) == gs1.canonical(printed)
    assert gs1.lot_named(scan) == gs1.lot_named(printed)


def tried(text: str) -> tuple[str, str]:
    """What is read, and the code of the refusal."""
    try:
        return gs1.scanned(text), ""
    except Rejected as refusal:
        return "", refusal.code


@given(st.text(st.sampled_from("0123456789()]dC12AX\x1d"), max_size=40))
@settings(max_examples=500, deadline=None)
def test_no_text_breaks_the_reader(text):
    """Every text is read or refused with a code, and what is read is canonical."""
    found, code = tried(text)
    assert code in ("", "BAD_URI", "BAD_IDENTIFIER", "BAD_CHECK_DIGIT")
    assert SEPARATOR not in found
    if found.startswith("https://id.gs1.org/"):
        assert gs1.canonical(found) == found
