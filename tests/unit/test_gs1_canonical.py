"""Every spelling of a GS1 key comes to one canonical Digital Link."""

import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared_data import shared
from tracehold.core import gs1, strict_json
from tracehold.core.errors import Rejected
from tracehold.core.gs1.checkdigit import check, check_digit

VECTORS = Path(__file__).parents[1] / "vectors" / "identifiers"
SPELLINGS = [
    (row["spelling"], row["canonical"]) for row in json.loads((VECTORS / "canonical.json").read_text())
]
REFUSED = [(row["spelling"], row["code"]) for row in json.loads((VECTORS / "refused_fail.json").read_text())]


@pytest.mark.parametrize(("spelling", "canonical"), SPELLINGS)
def test_spellings_meet_in_one_form(spelling, canonical):
    """URNs, links of any domain, older names and element strings of one thing are one text."""
    assert gs1.canonical(spelling) == canonical


@pytest.mark.parametrize(("spelling", "canonical"), SPELLINGS)
def test_canonical_is_a_fixed_point(spelling, canonical):
    """Making a canonical form canonical changes nothing."""
    assert gs1.canonical(canonical) == canonical


@pytest.mark.parametrize("opaque", json.loads((VECTORS / "opaque.json").read_text()))
def test_other_identifiers_stay_as_they_are(opaque):
    """What is no GS1 key is opaque and case-sensitive."""
    assert gs1.canonical(opaque) == opaque
    assert gs1.level(opaque) is gs1.Level.OPAQUE
    assert gs1.class_of(opaque) is None


@pytest.mark.parametrize(("wrong", "code"), REFUSED)
def test_malformed_keys_are_refused(wrong, code):
    """A key of a wrong form or check digit, or a script, is never quietly taken for another thing."""
    with pytest.raises(Rejected) as caught:
        gs1.canonical(wrong)
    assert caught.value.code == code


@given(st.text("0123456789", min_size=7, max_size=17), st.integers(1, 9), st.data())
@settings(max_examples=100, deadline=None)
def test_check_digit_finds_every_single_wrong_digit(digits, shift, data):
    """The check digit is there for this: one digit typed wrong never passes."""
    key = digits + check_digit(digits)
    check(key)
    at = data.draw(st.integers(0, len(key) - 1))
    wrong = key[:at] + str((int(key[at]) + shift) % 10) + key[at + 1 :]
    with pytest.raises(Rejected, match="BAD_CHECK_DIGIT"):
        check(wrong)


SYMBOLS = st.text(
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz",
    min_size=1,
    max_size=20,
)


@given(SYMBOLS)
@settings(max_examples=200, deadline=None)
def test_every_serial_has_one_form(serial):
    """URN and links, escaped more or less, meet; different serials never do."""
    plain = quote(serial, safe="")
    lower = re.sub("%..", lambda escape: escape[0].lower(), plain)
    forms = {
        gs1.canonical(f"urn:epc:id:sgtin:9521234.054321.{plain}"),
        gs1.canonical(f"https://id.gs1.org/01/09521234543213/21/{plain}"),
        gs1.canonical(f"https://example.com/x/01/9521234543213/21/{lower}"),
    }
    assert len(forms) == 1
    changed = quote(serial[:-1] + ("A" if serial[-1] != "A" else "B"), safe="")
    other = gs1.canonical(f"https://id.gs1.org/01/09521234543213/21/{changed}")
    assert other not in forms


@pytest.mark.parametrize(
    ("canonical", "level", "class_"),
    [
        ("01/09521234543213", gs1.Level.CLASS, "01/09521234543213"),
        ("01/09521234543213/10/L", gs1.Level.LOT, "01/09521234543213"),
        ("01/09521234543213/21/s", gs1.Level.SERIAL, "01/09521234543213"),
        ("00/195212342345678909", gs1.Level.LOGISTIC_UNIT, None),
        ("8003/09521234123453", gs1.Level.CLASS, "8003/09521234123453"),
        ("8003/09521234123453s", gs1.Level.ASSET, "8003/09521234123453"),
        ("8004/9521234ABc", gs1.Level.ASSET, None),
        ("414/9521234000013", gs1.Level.PLACE, None),
        ("414/9521234000013/254/d7", gs1.Level.PLACE, None),
        ("417/9521234000013", gs1.Level.PARTY, None),
        ("8018/952123400000000002", gs1.Level.OPAQUE, None),
    ],
)
def test_levels_and_classes(canonical, level, class_):
    """How fine a key is, and the class it falls under."""
    link = f"https://id.gs1.org/{canonical}"
    assert gs1.level(link) is level
    assert gs1.class_of(link) == (f"https://id.gs1.org/{class_}" if class_ else None)


def test_a_link_with_lot_and_serial_tells_both():
    """The canonical form keeps the piece; the lot is read from the spelling as sent."""
    for spelling in (
        "https://example.com/01/09521234543213/10/L1/21/x?a=b",
        "(01)09521234543213(10)L1(21)x",
        "https://id.gs1.org/gtin/09521234543213/lot/L1/ser/x",
    ):
        assert gs1.lot_named(spelling) == "https://id.gs1.org/01/09521234543213/10/L1"
    assert gs1.lot_named("https://id.gs1.org/01/09521234543213/10/L1") is None
    assert gs1.lot_named("urn:epc:id:sgtin:9521234.054321.x") is None


def test_lots_of_a_piece():
    """A lot number makes the lot of the piece's class; keys without lots have none."""
    piece = "https://id.gs1.org/01/09521234543213/21/x"
    assert gs1.with_lot(piece, "L/1") == "https://id.gs1.org/01/09521234543213/10/L%2F1"
    assert gs1.with_lot("https://id.gs1.org/00/195212342345678909", "L") is None
    assert (
        gs1.lot_of("https://id.gs1.org/01/09521234543213/10/L") == "https://id.gs1.org/01/09521234543213/10/L"
    )
    assert gs1.lot_of(piece) is None


def test_all_keys_of_the_published_hash_vectors():
    """Each identifier of the reference list comes to the form that its published pre-hash string holds."""
    folder = shared("epcis/event-hash")
    document = strict_json.loads((folder / "epclist_normalisation.jsonld").read_bytes())
    expected = (folder / "epclist_normalisation.prehashes").read_text()
    event = document["epcisBody"]["eventList"][0]
    forms = [gs1.canonical(spelling) for spelling in event["epcList"]]
    listed = re.findall(r"epc=(https://id\.gs1\.org/.*?)(?=epc=|action=)", expected)
    assert sorted(set(forms)) == sorted(listed)
