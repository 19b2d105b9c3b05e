"""What a word means: contexts, prefixes, and every spelling of a standard value."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.epcis_samples import CONTEXT, payload
from tracehold.core.epcis import Mode, examine_event, parse_event, vocabulary
from tracehold.core.epcis.context import MAX_NAMESPACE_CHARS, PREFIXES, namespaces
from tracehold.core.epcis.uris import is_uri
from tracehold.core.errors import Rejected

CBV = {
    "BizStep": (vocabulary.BIZ_STEPS, "bizstep"),
    "Disp": (vocabulary.DISPOSITIONS, "disp"),
    "BTT": (vocabulary.TRANSACTION_TYPES, "btt"),
    "SDT": (vocabulary.SOURCE_DEST_TYPES, "sdt"),
    "ER": (vocabulary.ERROR_REASONS, "er"),
}
CBV_WORDS = [(term, word) for term, (listed, _) in CBV.items() for word in sorted(listed.words)]
EX = "https://ns.example.com/epcis/"


def step(value: str, *more, mode: Mode = Mode.TOLERANT) -> str | None:
    """The business step that an event with further contexts tells."""
    return parse_event(payload("ObjectEvent", bizStep=value, **{"@context": [CONTEXT, *more]}), mode).biz_step


@given(st.sampled_from(CBV_WORDS))
@settings(max_examples=100, deadline=None)
def test_every_spelling_of_a_standard_value_is_its_bare_word(case):
    """Bare word, URN, web address of both domains, CURIE; of its own vocabulary only."""
    term, word = case
    listed, urn = CBV[term]
    webs = [
        f"{scheme}://{host}.gs1.org/cbv/{term}-{word}"
        for scheme in ("http", "https")
        for host in ("ref", "ns")
    ]
    for text in (word, f"urn:epcglobal:cbv:{urn}:{word}", f"cbv:{term}-{word}", *webs):
        assert listed.word(text) == word
        others = [other for other, _ in CBV.values() if other is not listed]
        assert text == word or not any(other.word(text) for other in others)


@pytest.mark.parametrize("word", sorted(vocabulary.MEASUREMENTS.words))
def test_every_spelling_of_a_measurement(word):
    """The GS1 Web Vocabulary has several addresses, and once had a mark before these words."""
    spellings = (
        word,
        f"gs1:{word}",
        f"gs1:MT-{word}",
        f"https://gs1.org/voc/{word}",
        f"https://www.gs1.org/voc/{word}",
    )
    assert {vocabulary.MEASUREMENTS.word(text) for text in spellings} == {word}


@pytest.mark.parametrize(
    "text", ["Shipping", "shipping ", "cbv:shipping", "cbv:BizStep-", "xcbv:BizStep-shipping"]
)
def test_what_only_looks_like_a_standard_value(text):
    """Words are compared letter by letter."""
    assert vocabulary.BIZ_STEPS.word(text) is None


def test_own_values_are_written_out():
    """Two parties with two prefixes for one namespace say the same."""
    assert step("ex:smoking", {"ex": EX}) == step("mine:smoking", {"mine": {"@id": EX}}) == f"{EX}smoking"
    assert step(f"{EX}smoking") == f"{EX}smoking"
    assert step("c:BizStep-shipping", {"c": PREFIXES["cbv"]}, mode=Mode.STRICT) == "shipping"


def test_an_events_own_context_comes_after_the_documents():
    """As JSON-LD nests them, the later one counts."""
    assert step("ex:smoking", {"ex": "urn:x:1:"}, {"ex": "urn:x:2:"}) == "urn:x:2:smoking"


@pytest.mark.parametrize(
    "declared",
    [{"urn": "https://evil.example/"}, {"https": "urn:x:"}, {"cbv": "urn:x:"}, {"ex": 7}, {"ex": "no uri"},
     {"ex": "urn:x:" + "y" * MAX_NAMESPACE_CHARS}],
)  # fmt: skip
def test_attack_prefixes_that_may_not_be_declared(declared):
    """Schemes, the standard's own prefixes, what is no URI, and what is long: none counts."""
    for text in ("urn:x:a", "https://example.com/a", "cbv:own", "ex:a"):
        expected = PREFIXES["cbv"] + "own" if text == "cbv:own" else text
        assert namespaces([CONTEXT, declared]).expanded(text) == expected


def test_attack_a_prefix_that_makes_a_script():
    """`x:alert(1)` is harmless until it is written out."""
    with pytest.raises(Rejected, match="BAD_URI"):
        step("x:alert(1)", {"x": "javascript:"})


def test_items_are_never_taken_for_curies():
    """An identifier means the same with any context."""
    raw = payload("ObjectEvent", epcList=["ex:1"], **{"@context": [CONTEXT, {"ex": EX}]})
    assert parse_event(raw, Mode.STRICT).what.objects.epcs[0].canonical == "ex:1"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("context", "unknown"),
    [
        (CONTEXT, ()),
        ("https://ref.gs1.org/standards/epcis/2.0.1/epcis-context.jsonld", ()),
        ("https://gs1.github.io/EPCIS/epcis-context.jsonld", ()),
        ("https://ref.gs1.org/standards/epcis/epcis-context.jsonld.example.com", ("/@context",)),
        ([CONTEXT, "https://example.com/context.jsonld"], ("/@context/1",)),
        ({}, ()),
        (None, ()),
    ],
)
def test_contexts_that_are_known_here(context, unknown):
    """The standard's, by its addresses; of others it is said that nothing is known of them."""
    assert namespaces(context).unknown == unknown


def test_an_unknown_context_may_declare_anything():
    """With it, no prefix is said to be undeclared: only what is certain is told."""
    raw = payload("ObjectEvent", **{"ex:n": 1, "@context": [CONTEXT, "https://example.com/context.jsonld"]})
    assert [found.code for found in examine_event(raw, Mode.STRICT)] == ["UNKNOWN_CONTEXT"]
    assert [found.code for found in examine_event(payload("ObjectEvent", **{"ex:n": 1}), Mode.STRICT)] == [
        "UNKNOWN_PREFIX"
    ]


@pytest.mark.parametrize(
    "text", ["a:", "a:b", "http://[::1]:80/a?b#c", "a:%41", "urn:x:y'z", "http://u@h", "a:/b"]
)
def test_uris(text):
    """RFC 3986, appendix A."""
    assert is_uri(text)


@pytest.mark.parametrize(
    "text",
    ["", "a", ":b", "1a:b", "_:b", "a:b c", "a:ä", "a:%4", "a:#b#c", "a:[b]", "http://[x/", "http://a:b/"],
)  # fmt: skip
def test_no_uris(text):
    """Nothing that must be percent-encoded, and a scheme."""
    assert not is_uri(text)


@given(st.text(alphabet="a:/?#[]@%41 -._~", max_size=60))
@settings(max_examples=300, deadline=None)
def test_attack_looking_at_a_uri_takes_linear_time(text):
    """No text makes the pattern go back over itself: ten thousand repeats are looked at at once."""
    is_uri("a://" + text * 10_000)


def test_the_context_of_an_event_is_kept_as_sent():
    """Whatever it declares."""
    raw = payload("ObjectEvent", **{"@context": [CONTEXT, {"ex": EX}]})
    assert parse_event(raw, Mode.STRICT).context == json.loads(raw)["@context"]
