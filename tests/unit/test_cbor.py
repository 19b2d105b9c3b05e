"""Deterministic CBOR: one spelling per value, and every other spelling refused."""

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracehold.core import cbor
from tracehold.core.errors import Rejected

U64 = (1 << 64) - 1
atoms = st.one_of(
    st.integers(-1 - U64, U64), st.binary(max_size=40), st.text(max_size=20), st.booleans(), st.none()
)
values = st.recursive(
    atoms,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.integers(-1000, 1000) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(values)
def test_round_trip(value):
    """What is encoded comes back, and a general library reads the same."""
    encoded = cbor.encode(value)
    assert cbor.decode(encoded) == value
    assert cbor2.loads(encoded) == value


@given(st.binary(max_size=60))
def test_what_is_decoded_has_one_encoding(raw):
    """Whatever bytes are accepted are exactly what we would write."""
    try:
        value = cbor.decode(raw)
    except Rejected:
        return
    assert cbor.encode(value) == raw


@given(values, st.data())
def test_a_changed_byte_is_another_value_or_refused(value, data):
    """No byte of an encoding is without meaning."""
    raw = bytearray(cbor.encode(value))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        other = cbor.decode(bytes(raw))
    except Rejected:
        return
    assert cbor.encode(other) != cbor.encode(value)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, "00"),
        (23, "17"),
        (24, "1818"),
        (255, "18ff"),
        (256, "190100"),
        (65536, "1a00010000"),
        (1 << 32, "1b0000000100000000"),
        (-1, "20"),
        (-70001, "3a00011170"),
        (b"\x01", "4101"),
        ("a", "6161"),
        ({10: 1, 100: 2, -1: 3, "z": 4}, "a40a011864022003617a04"),
    ],
)
def test_known_encodings(value, encoded):
    """Shortest heads; map keys in bytewise order (RFC 8949 section 4.2.1), not length first."""
    assert cbor.encode(value).hex() == encoded
    assert cbor.decode(bytes.fromhex(encoded)) == value


@pytest.mark.parametrize(
    "encoded",
    [
        "1817",  # 23 in two bytes
        "190017",
        "1900ff",
        "1a0000ffff",
        "1b00000000ffffffff",
        "5801aa",  # length 1 in two bytes
        "9fff",  # indefinite array
        "bfff",  # indefinite map
        "5f41aaff",  # indefinite byte string
        "7f6161ff",  # indefinite text
        "a201000100",  # key twice
        "a202000100",  # keys not sorted
        "a2616100187801",  # length first as in RFC 7049
    ],
)
def test_other_spellings_are_refused(encoded):
    """Longer heads, indefinite lengths, unsorted and repeated keys: NOT_DETERMINISTIC."""
    with pytest.raises(Rejected) as refusal:
        cbor.decode(bytes.fromhex(encoded))
    assert refusal.value.code == "NOT_DETERMINISTIC"


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "18",  # ends in a head
        "42aa",  # ends in a string
        "8201",  # ends in an array
        "a101",  # ends in a map
        "0000",  # trailing bytes
        "61ff",  # no UTF-8
        "63eda080",  # a lone surrogate in UTF-8
        "c000",  # a tag
        "f97e00",  # a float
        "fb3ff0000000000000",
        "f7",  # undefined
        "e0",  # an unassigned simple value
        "f818",
        "1c",  # a reserved length
        "a1800f",  # an array as key
        "a1f500",  # a boolean as key
        "a1f600",
        "5bffffffffffffffff",  # a length beyond memory
        "9bffffffffffffffff",
        "81" * 17 + "00",  # too deep
        "a100" * 17 + "00",
    ],
)
def test_what_is_not_used_is_refused(encoded):
    """Truncated input, tags, floats, odd keys, depth: MALFORMED_COSE, and no memory is taken on a claim."""
    with pytest.raises(Rejected) as refusal:
        cbor.decode(bytes.fromhex(encoded))
    assert refusal.value.code == "MALFORMED_COSE"


def test_depth_sixteen_is_read():
    """The limit of depth is a limit, not less."""
    assert cbor.encode(cbor.decode(b"\x81" * 16 + b"\x00")) == b"\x81" * 16 + b"\x00"


@pytest.mark.parametrize("value", [1.5, {1}, object(), [object()]])
def test_other_types_are_not_encoded(value):
    """A programming error shows at once."""
    with pytest.raises(TypeError):
        cbor.encode(value)


@pytest.mark.parametrize("value", [1 << 64, -(1 << 64) - 1])
def test_numbers_over_64_bits_are_not_encoded(value):
    """Bignums are tags, which signed bytes do not use."""
    with pytest.raises(OverflowError):
        cbor.encode(value)


@pytest.mark.parametrize(
    ("bomb", "most"),
    [
        (cbor.encode_head(cbor.ARRAY, 1 << 20) + b"\x80" * (1 << 20), cbor.MAX_ITEMS),
        (cbor.encode([[0] * 10] * 10), 109),
        (cbor.encode(dict.fromkeys(range(10), 0)), 19),
        (cbor.encode_head(cbor.ARRAY, 1 << 60), cbor.MAX_ITEMS),
    ],
    ids=["a million empty arrays", "nested", "keys and values", "a claim"],
)
def test_security_many_small_values_are_refused_before_they_are_read(bomb, most):
    """A byte each on the wire, fifty in memory: the container pays before its content is looked at."""
    with pytest.raises(Rejected, match="too many values") as refusal:
        cbor.decode(bomb, most)
    assert refusal.value.code == "MALFORMED_COSE"


def test_as_many_values_as_may_be_are_read():
    """The limit is a limit, not less; the outermost value is free."""
    assert cbor.decode(cbor.encode([[0] * 10] * 10), 110) == [[0] * 10] * 10
    assert len(cbor.decode(cbor.encode(dict.fromkeys(range(10), 0)), 20)) == 10
