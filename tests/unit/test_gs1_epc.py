"""Canonical links back to EPC URNs, for every key, where the length of the company prefix is known."""

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracehold.core import gs1
from tracehold.core.errors import Rejected

BARE = "!'()*+,-.:;=_"
SYMBOLS = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"


def digits(count: int) -> st.SearchStrategy[str]:
    """So many digits."""
    return st.text(DIGITS, min_size=count, max_size=count)


def serials(most: int, symbols: str = SYMBOLS) -> st.SearchStrategy[str]:
    """Serials as a URN writes them."""
    return st.text(symbols, min_size=1, max_size=most).map(lambda text: quote(text, safe=BARE))


@st.composite
def urns(draw: st.DrawFn) -> str:
    """An EPC URN of any GS1 key, class or pattern."""
    prefix = draw(digits(draw(st.integers(6, 12))))
    size = len(prefix)
    item, kind = draw(digits(13 - size)), draw(digits(12 - size))
    part = f"{draw(st.text('0123456789ABZ-', min_size=1, max_size=8))}"
    forms = [
        f"id:sgtin:{prefix}.{item}.{draw(serials(20))}",
        f"class:lgtin:{prefix}.{item}.{draw(serials(20))}",
        f"idpat:sgtin:{prefix}.{item}.*",
        f"id:upui:{prefix}.{item}.{draw(serials(28))}",
        f"id:itip:{prefix}.{item}.01.02.{draw(serials(20))}",
        f"idpat:itip:{prefix}.{item}.01.02.*",
        f"id:sscc:{prefix}.{draw(digits(17 - size))}",
        f"id:sgln:{prefix}.{kind}.{draw(serials(20))}",
        f"id:sgln:{prefix}.{kind}.0",
        f"id:pgln:{prefix}.{kind}",
        f"id:grai:{prefix}.{kind}.{draw(serials(16))}",
        f"idpat:grai:{prefix}.{kind}.*",
        f"id:giai:{prefix}.{draw(serials(30 - size))}",
        f"id:gsrn:{prefix}.{draw(digits(17 - size))}",
        f"id:gsrnp:{prefix}.{draw(digits(17 - size))}",
        f"id:gdti:{prefix}.{kind}.{draw(serials(17))}",
        f"idpat:gdti:{prefix}.{kind}.*",
        f"id:sgcn:{prefix}.{kind}.{draw(st.text(DIGITS, min_size=1, max_size=12))}",
        f"idpat:sgcn:{prefix}.{kind}.*",
        f"id:cpi:{prefix}.{part}.{draw(st.text(DIGITS, min_size=1, max_size=12))}",
        f"idpat:cpi:{prefix}.{part}.*",
        f"id:ginc:{prefix}.{draw(serials(30 - size))}",
        f"id:gsin:{prefix}.{draw(digits(16 - size))}",
    ]
    return "urn:epc:" + draw(st.sampled_from(forms))


@given(urns())
@settings(max_examples=500, deadline=None)
def test_every_urn_comes_back(urn):
    """URN to canonical link and back is the same URN; the link is a fixed point, whatever its domain."""
    link = gs1.canonical(urn)
    assert link.startswith("https://id.gs1.org/")
    assert gs1.canonical(link) == link
    assert (
        gs1.canonical(link.replace("https://id.gs1.org", "http://Shop.Example/de/a") + "?linkType=all")
        == link
    )
    length = gs1.prefix_length(urn)
    assert length is not None
    assert gs1.to_urn(link, length) == urn


@given(urns(), urns())
@settings(max_examples=200, deadline=None)
def test_links_tell_apart_what_urns_tell_apart(one, other):
    """Two URNs of prefixes of one length name one thing only if they are the same text."""
    if gs1.prefix_length(one) == gs1.prefix_length(other) and one != other:
        assert gs1.canonical(one) != gs1.canonical(other)


def back(link: str, length: int) -> tuple[str | None, str]:
    """The URN, and the code of the refusal."""
    try:
        return gs1.to_urn(link, length), ""
    except Rejected as refusal:
        return None, refusal.code


@given(urns(), st.integers(6, 12))
@settings(max_examples=200, deadline=None)
def test_another_prefix_length_gives_another_urn_of_the_same_thing(urn, length):
    """Whatever length is believed, the URN names the same thing, or the key is refused."""
    link = gs1.canonical(urn)
    found, code = back(link, length)
    if found is None:
        assert code == "BAD_IDENTIFIER"
    else:
        assert gs1.canonical(found) == link


@pytest.mark.parametrize("prefix", [-1, 0, 5, 13, 99])
def test_a_prefix_has_six_to_twelve_digits(prefix):
    """No length is guessed or bent."""
    with pytest.raises(Rejected, match="BAD_IDENTIFIER") as caught:
        gs1.to_urn("https://id.gs1.org/01/09521234543213", prefix)
    assert "6 to 12" in caught.value.message


@pytest.mark.parametrize(
    ("link", "prefix"),
    [
        ("https://id.gs1.org/8004/9521AB", 6),  # no six digits at its head
        ("https://id.gs1.org/8004/952123", 6),  # nothing after the prefix
        ("https://id.gs1.org/8010/95212345", 8),
        ("https://id.gs1.org/401/9521234", 7),
    ],
)
def test_keys_that_the_prefix_does_not_fit(link, prefix):
    """A key that holds no such prefix is refused, not cut wrongly."""
    with pytest.raises(Rejected, match="BAD_IDENTIFIER"):
        gs1.to_urn(gs1.canonical(link), prefix)


@pytest.mark.parametrize(
    "name",
    [
        "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
        "https://shop.example/about",
        "https://id.gs1.org/",
        "https://id.gs1.org/about",
        "https://id.gs1.org/8006/095212345432130102/10/L1",
    ],
)
def test_what_has_no_urn(name):
    """Opaque names, and keys that the Tag Data Standard gives no URN."""
    assert gs1.to_urn(gs1.canonical(name), 7) is None


@pytest.mark.parametrize(
    ("spelling", "length"),
    [
        ("urn:epc:id:sgtin:9521234.054321.x", 7),
        ("URN:EPC:ID:SGTIN:9521234.054321.x", 7),
        ("urn:epc:class:lgtin:952123454321.0.L", 12),
        ("urn:epc:idpat:sgtin:9521234.*.*", 7),
        ("urn:epc:id:bic:CSQU3054383", None),
        ("https://id.gs1.org/01/09521234543213", None),
        ("urn:epc:id:sgtin:95212.34054321.x", None),
    ],
)
def test_the_prefix_length_is_read_off_urns_only(spelling, length):
    """Other spellings do not tell it."""
    assert gs1.prefix_length(spelling) == length


MALFORMED = [
    "urn:epc:id:sgtin:9521234.x54321.1",  # the indicator is no digit
    "urn:epc:id:sscc:9521234.x234567890",
    "urn:epc:id:sgtin:9521234.²54321.1",
    "urn:epc:class:lgtin:9521234.054321.",
    "urn:epc:class:lgtin:9521234.054321." + "L" * 21,
    "urn:epc:id:upui:9521234.054321." + "T" * 29,
    "urn:epc:id:itip:9521234.054321.1.02.s",
    "urn:epc:id:itip:9521234.054321.01.02",
    "urn:epc:idpat:itip:9521234.054321.0x.02.*",
    "urn:epc:id:sgln:9521234.00001",
    "urn:epc:id:sgln:9521234.00001.",
    "urn:epc:id:sgln:9521234.000011.0",
    "urn:epc:id:pgln:9521234.0000",
    "urn:epc:id:pgln:9521234",
    "urn:epc:id:grai:9521234.12345." + "s" * 17,
    "urn:epc:id:grai:9521234.1234a.s",
    "urn:epc:id:giai:9521234.",
    "urn:epc:id:giai:9521234." + "a" * 24,
    "urn:epc:id:giai:9521234.a b",
    "urn:epc:id:gsrn:9521234.000000001",
    "urn:epc:id:gsrnp:9521234.00000000011",
    "urn:epc:id:gdti:9521234.12345." + "d" * 18,
    "urn:epc:id:sgcn:9521234.12345.1a",
    "urn:epc:id:sgcn:9521234.12345." + "1" * 13,
    "urn:epc:id:cpi:9521234.abc.1",  # small letters
    "urn:epc:id:cpi:9521234.ABC.1a",
    "urn:epc:id:cpi:9521234..1",
    "urn:epc:id:ginc:9521234.",
    "urn:epc:id:gsin:9521234.12345678",
    "urn:epc:id:gsin:9521234.12345678x",
    "urn:epc:id:sgtin:9521.234054321.1",  # a prefix of four digits
    "urn:epc:id:sgtin:9521234054321..1",
]


@pytest.mark.parametrize("urn", MALFORMED)
def test_malformed_urns_of_every_key_are_refused(urn):
    """With a code, a cause and a remedy; never with a crash, never taken for a neighbour."""
    with pytest.raises(Rejected) as caught:
        gs1.canonical(urn)
    assert caught.value.code == "BAD_IDENTIFIER"
    assert caught.value.message
    assert caught.value.remedy


@given(urns(), st.data())
@settings(max_examples=500, deadline=None)
def test_a_damaged_urn_never_crashes(urn, data):
    """One character put in, taken out or exchanged: read as something, opaque, or refused with a code."""
    at = data.draw(st.integers(12, len(urn)))
    damaged = (
        urn[:at] + data.draw(st.text("0x.*%²/ \\x00", max_size=2)) + urn[at + data.draw(st.integers(0, 2)) :]
    )
    try:
        found, code = gs1.canonical(damaged), ""
    except Rejected as refusal:
        found, code = "", refusal.code
    assert code in ("", "BAD_IDENTIFIER", "BAD_URI")
    assert found in ("", damaged) or gs1.canonical(found) == found
