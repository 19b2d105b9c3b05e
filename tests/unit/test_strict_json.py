"""JSON that means one thing, and exact bytes of its parts."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracehold.core import strict_json
from tracehold.core.errors import Rejected

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(values, st.sampled_from([None, 1, "\t"]), st.booleans())
@settings(max_examples=100, deadline=None)
def test_reads_what_any_json_writer_wrote(value, indent, ascii_only):
    """Every plain value comes back as it was, whatever the layout and escapes."""
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert strict_json.loads(text.encode()) == value


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{}{}", id="trailing value"),
        pytest.param(b"{} \x00", id="trailing zero byte"),
        pytest.param(b"\xef\xbb\xbf{}", id="byte order mark"),
        pytest.param('{"a":1}'.encode("utf-16"), id="UTF-16"),
        pytest.param(b'"\xff"', id="not UTF-8"),
        pytest.param(b'"\xed\xa0\x80"', id="surrogate in UTF-8 bytes"),
        pytest.param(b'{"a":1,"a":1}', id="repeated key"),
        pytest.param(b'{"a":1,"\\u0061":2}', id="repeated key behind an escape"),
        pytest.param(b'[{"x":{"a":1,"b":2,"a":3}}]', id="repeated key deep inside"),
        pytest.param(b"NaN", id="NaN"),
        pytest.param(b"[-Infinity]", id="infinity"),
        pytest.param(b"1e400", id="overflow to infinity"),
        pytest.param(b"9" * 400, id="integer that no double holds"),
        pytest.param(b"9" * 100_000, id="integer that takes long to read"),
        pytest.param(b'"\\ud800"', id="half a surrogate pair"),
        pytest.param(b'{"\\uDFff":1}', id="half a surrogate pair in a key"),
        pytest.param(b'"\x01"', id="bare control character"),
        pytest.param(b"{'a':1}", id="single quotes"),
        pytest.param(b"[1,]", id="trailing comma"),
        pytest.param(b"01", id="leading zero"),
        pytest.param(b"[" * 65 + b"]" * 65, id="65 levels"),
        pytest.param(b'{"a":' * 65 + b"1" + b"}" * 65, id="65 levels of objects"),
        pytest.param(b"[" * 200_000, id="nesting bomb"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="closed nesting bomb"),
    ],
)
def test_refuses_what_two_readers_could_take_differently(raw):
    """Each of these is refused with MALFORMED_JSON, never with another error."""
    with pytest.raises(Rejected, match="MALFORMED_JSON"):
        strict_json.loads(raw)


def test_takes_what_is_just_allowed():
    """64 levels, whole surrogate pairs, escaped backslashes before `ud800`, the largest double."""
    assert strict_json.loads(b"[" * 64 + b"]" * 64)
    assert strict_json.loads(b'"\\ud83d\\ude00"') == "\U0001f600"
    assert strict_json.loads(b'"\\\\ud800"') == "\\ud800"
    assert strict_json.loads(b"1.7976931348623157e308") == 1.7976931348623157e308


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_security_deep_nesting_never_reaches_the_recursive_decoder(opening, monkeypatch):
    """A library may have raised the recursion limit; then the decoder would overflow the C stack and end the
    node.
    """
    monkeypatch.setattr(strict_json, "_decoder", None)
    with pytest.raises(Rejected) as refusal:
        strict_json.loads(opening * 100_000)
    assert refusal.value.code == "MALFORMED_JSON"


def test_security_a_string_without_end_is_looked_at_once():
    """Every quote of it could begin another look to the end: the time would grow with the square of the
    size.
    """
    with pytest.raises(Rejected) as refusal:
        strict_json.loads(b"[]," * 500 + b'"' + b'\\"' * 1_000_000)
    assert refusal.value.code == "MALFORMED_JSON"


def test_brackets_in_strings_are_no_nesting():
    """Only structure counts, also in texts with many brackets and escaped quotes."""
    text = b'["' + b'[{\\"' * 1_000 + b'",' + b",".join([b"[]"] * 1_000) + b"]"
    assert len(strict_json.loads(text)) == 1_001


def test_many_brackets_side_by_side_are_not_deep():
    """Only nesting counts, not the number of lists."""
    assert len(strict_json.loads(b"[" + b",".join([b"[]"] * 500) + b"]")) == 500


@given(st.lists(values, max_size=6), st.sampled_from([None, 2]), st.sampled_from(["", " ", "\n\t "]))
@settings(max_examples=100, deadline=None)
def test_slices_are_the_bytes_that_stand_there(parts, indent, space):
    """Cutting out elements keeps every byte: put together with what stood between, they are the whole."""
    texts = [json.dumps(part, indent=indent, ensure_ascii=False) for part in parts]
    array = "[" + space + f"{space},{space}".join(texts) + space + "]"
    raw = (
        f'{space}{{"first":{{"list":0}},"b\\"ody":{space}{{"list"{space}:{space}{array}}},"last":1}}'.encode()
    )
    assert strict_json.slices(raw, 'b"ody', "list") == [text.encode() for text in texts]
    assert strict_json.member(raw, 'b"ody', "list") == array.encode()


def test_absent_parts():
    """A missing step, and a step that is no object or list, give nothing."""
    raw = b'{"a":{"b":[1]},"c":"x"}'
    assert strict_json.member(raw, "a", "z") is None
    assert strict_json.member(raw, "c", "b") is None
    assert strict_json.slices(raw, "a") == []
    assert strict_json.slices(raw, "z") == []
    assert strict_json.member(raw) == raw


def test_numbers_are_cut_out_as_written():
    """`1.50` stays `1.50`: nothing is written anew."""
    assert strict_json.slices(b"[1.50, 1e2 ,-0.0]") == [b"1.50", b"1e2", b"-0.0"]


def test_replacing_one_member_leaves_the_rest():
    """All other bytes stay, odd layout included."""
    raw = b'{ "x" : [1, 2] ,\n"y":"\xc3\xa4","z":1.0}'
    assert strict_json.replaced(raw, "x", b"null") == b'{ "x" : null ,\n"y":"\xc3\xa4","z":1.0}'
    with pytest.raises(Rejected, match="MALFORMED_JSON"):
        strict_json.replaced(raw, "w", b"1")


@given(st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_taken_or_refused(raw):
    """Nothing but MALFORMED_JSON ever comes out, of reading or of cutting."""
    for read in (strict_json.loads, strict_json.slices, strict_json.member):
        try:
            read(raw)
        except Rejected as error:
            assert error.code == "MALFORMED_JSON"  # noqa: PT017
