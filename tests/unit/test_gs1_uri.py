"""Identifiers that would run code when somebody follows them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracehold.core import gs1
from tracehold.core.errors import Rejected


@pytest.mark.parametrize(
    "attack",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "java\x00script:alert(1)",
        "\x01javascript:alert(1)",
        " javascript:alert(1)",
        "javascript :alert(1)",
        "java script:alert(1)",
        "\u200bjavascript:alert(1)",
        "java\u00adscript:alert(1)",
        "\u202ejavascript:alert(1)",
        "\uff4aavascript:alert(1)",
        "vbscript:msgbox",
        "data:text/html,<script>",
        "DATA:;base64,xx",
        "file:///etc/passwd",
        "blob:https://x/y",
        "view-source:https://x",
        "",
        "x" * 1025,
        "urn:x:\ud800",
        "urn:x:a\x7f",
        "urn:x:a ",
    ],
)
def test_attack_script_uri_in_an_identifier(attack):
    """Script schemes in any disguise, hidden characters and absurd lengths are BAD_URI."""
    with pytest.raises(Rejected) as caught:
        gs1.canonical(attack)
    assert caught.value.code == "BAD_URI"


@pytest.mark.parametrize(
    "harmless", ["urn:javascript:x", "https://x.example/javascript:y", "javascripts:x", "x-data:1"]
)
def test_harmless_identifiers_that_look_alike(harmless):
    """Only the scheme counts, and the whole of it."""
    assert gs1.canonical(harmless) == harmless


@given(st.sampled_from(["javascript", "data", "vbscript", "file"]), st.data())
@settings(max_examples=200, deadline=None)
def test_attack_disguised_scheme(scheme, data):
    """Whitespace and control characters anywhere, in any case: a browser reads through it; so do we."""
    disguise = st.text("\t\n\r\x00\x0b \u200b\u2060", max_size=2)
    text = data.draw(disguise)
    for char in scheme:
        text += data.draw(st.sampled_from([char, char.upper()])) + data.draw(disguise)
    with pytest.raises(Rejected):
        gs1.canonical(text + ":x")


NEAR_KEYS = st.from_regex(
    r"(https?://[a-z.]{1,9}/|urn:epc:(id|class|idpat):(sgtin|lgtin|sscc|sgln|grai|giai|gdti|cpi|itip|upui):|\()"
    r"[0-9a-z./*%()]{0,40}",
    fullmatch=True,
)


@given(st.text(max_size=80) | NEAR_KEYS)
@settings(max_examples=500, deadline=None)
def test_any_text_is_taken_or_refused(text):
    """Only the three codes of identifiers ever come out, and what is taken is a fixed point."""
    try:
        form = gs1.canonical(text)
    except Rejected as error:
        form, code = None, error.code
        assert code in {"BAD_URI", "BAD_IDENTIFIER", "BAD_CHECK_DIGIT"}
    assert form is None or gs1.canonical(form) == form
