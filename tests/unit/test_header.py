"""The protected header of a record: every label, with what breaks it."""

import cbor2
import pytest

from tests.logs import FARM, FARM_KEY
from tests.unit.farm_record import CLAIMS, PARTS, code_of, signed
from tracehold.core import labels, record
from tracehold.core.header import CONTROL_KINDS, RESERVED_KINDS, Kind


def without(label):
    """The header without one label."""
    return {key: value for key, value in PARTS.items() if key != label}


HEADERS = {
    "no alg": (without(1), "UNSUPPORTED_ALGORITHM"),
    "alg ES384": ({**PARTS, 1: -35}, "UNSUPPORTED_ALGORITHM"),
    "alg none": ({**PARTS, 1: 0}, "UNSUPPORTED_ALGORITHM"),
    "alg as text": ({**PARTS, 1: "EdDSA"}, "UNSUPPORTED_ALGORITHM"),
    "no kind": (without(3), "BAD_HEADER"),
    "kind as number": ({**PARTS, 3: 50}, "BAD_HEADER"),
    "kind empty": ({**PARTS, 3: ""}, "BAD_HEADER"),
    "kind with a line break": ({**PARTS, 3: "a\nb"}, "BAD_HEADER"),
    "kind too long": ({**PARTS, 3: "k" * 256}, "BAD_HEADER"),
    "no kid": (without(4), "BAD_HEADER"),
    "kid short": ({**PARTS, 4: bytes(31)}, "BAD_HEADER"),
    "kid as text": ({**PARTS, 4: "k" * 32}, "BAD_HEADER"),
    "no claims": (without(15), "BAD_HEADER"),
    "claims as array": ({**PARTS, 15: [1]}, "BAD_HEADER"),
    "no iss": ({**PARTS, 15: {3: CLAIMS[3], 6: 0}}, "BAD_HEADER"),
    "no aud": ({**PARTS, 15: {1: FARM, 6: 0}}, "BAD_HEADER"),
    "no iat": ({**PARTS, 15: {1: FARM, 3: CLAIMS[3]}}, "BAD_HEADER"),
    "a claim too many": ({**PARTS, 15: {**CLAIMS, 4: 0}}, "BAD_HEADER"),
    "iss no URI": ({**PARTS, 15: {**CLAIMS, 1: "the farm"}}, "BAD_HEADER"),
    "iss of a script scheme": ({**PARTS, 15: {**CLAIMS, 1: "JavaScript:alert(1)"}}, "BAD_HEADER"),
    "iss with a line break": ({**PARTS, 15: {**CLAIMS, 1: FARM + "\n"}}, "BAD_HEADER"),
    "iss with an odd space": ({**PARTS, 15: {**CLAIMS, 1: FARM + "\u2028"}}, "BAD_HEADER"),
    "iss too long": ({**PARTS, 15: {**CLAIMS, 1: FARM + "x" * 512}}, "BAD_HEADER"),
    "aud in capitals": ({**PARTS, 15: {**CLAIMS, 3: "AB" * 32}}, "BAD_HEADER"),
    "aud short": ({**PARTS, 15: {**CLAIMS, 3: "ab" * 31}}, "BAD_HEADER"),
    "aud as bytes": ({**PARTS, 15: {**CLAIMS, 3: bytes(32)}}, "BAD_HEADER"),
    "aud in other digits": ({**PARTS, 15: {**CLAIMS, 3: "\u0661" * 64}}, "BAD_HEADER"),
    "iat negative": ({**PARTS, 15: {**CLAIMS, 6: -1}}, "BAD_HEADER"),
    "iat absurd": ({**PARTS, 15: {**CLAIMS, 6: 1 << 40}}, "BAD_HEADER"),
    "iat as truth": ({**PARTS, 15: {**CLAIMS, 6: True}}, "BAD_HEADER"),
    "no salt": (without(labels.SALT), "BAD_HEADER"),
    "salt short": ({**PARTS, labels.SALT: bytes(15)}, "BAD_HEADER"),
    "salt long": ({**PARTS, labels.SALT: bytes(17)}, "BAD_HEADER"),
    "no audience": (without(labels.AUDIENCE), "BAD_HEADER"),
    "audience unknown": ({**PARTS, labels.AUDIENCE: "everyone"}, "BAD_HEADER"),
    "audience in capitals": ({**PARTS, labels.AUDIENCE: "PUBLIC"}, "BAD_HEADER"),
    "attachments empty": ({**PARTS, labels.ATTACHMENTS: []}, "BAD_HEADER"),
    "attachments too many": (
        {**PARTS, labels.ATTACHMENTS: [[bytes(32), 1, "a/b"]] * 65},
        "BAD_HEADER",
    ),
    "attachment short": ({**PARTS, labels.ATTACHMENTS: [[bytes(31), 1, "a/b"]]}, "BAD_HEADER"),
    "attachment of negative size": ({**PARTS, labels.ATTACHMENTS: [[bytes(32), -1, "a/b"]]}, "BAD_HEADER"),
    "attachment of true size": ({**PARTS, labels.ATTACHMENTS: [[bytes(32), True, "a/b"]]}, "BAD_HEADER"),
    "attachment without type": ({**PARTS, labels.ATTACHMENTS: [[bytes(32), 1]]}, "BAD_HEADER"),
    "attachment with a line break": (
        {**PARTS, labels.ATTACHMENTS: [[bytes(32), 1, "a/b\n"]]},
        "BAD_HEADER",
    ),
    "supersedes short": ({**PARTS, labels.SUPERSEDES: bytes(31)}, "BAD_HEADER"),
    "supersedes null": ({**PARTS, labels.SUPERSEDES: None}, "BAD_HEADER"),
    "crit": ({**PARTS, 2: [15]}, "BAD_HEADER"),
    "unknown label": ({**PARTS, -70099: 1}, "BAD_HEADER"),
    "unknown text label": ({**PARTS, "x": 1}, "BAD_HEADER"),
    "no map": ([1], "BAD_HEADER"),
    "empty": (b"", "MALFORMED_COSE"),
    "unsorted": (cbor2.dumps({3: PARTS[3], 1: -8}), "NOT_DETERMINISTIC"),
    "key twice": (b"\xa2\x01\x27\x01\x27", "NOT_DETERMINISTIC"),
}


@pytest.mark.parametrize(("parts", "code"), HEADERS.values(), ids=HEADERS)
def test_bad_headers_are_refused(parts, code):
    """Well signed or not: a header outside the profile is nobody's statement."""
    assert code_of(signed(parts)) == code


def test_an_unknown_kind_is_kept_with_its_own_labels():
    """A kind of a later release is read as far as everybody must, and never interpreted."""
    parsed = record.parse(signed({**PARTS, 3: "application/vnd.tracehold.notice+cbor", -70099: [1]}))
    record.check_signature(parsed, FARM_KEY.public)
    assert parsed.header.kind not in set(Kind)


def test_an_unknown_kind_still_needs_its_audience():
    """Else nobody could tell who may read it."""
    parts = {**without(labels.AUDIENCE), 3: "application/vnd.tracehold.notice+cbor"}
    assert code_of(signed(parts)) == "BAD_HEADER"


def test_security_crit_is_refused_in_any_kind():
    """It would ask every reader to stop, also those that keep unknown kinds unread."""
    parts = {**PARTS, 3: "application/x", 2: [-70099], -70099: 1}
    assert code_of(signed(parts)) == "BAD_HEADER"


def test_security_a_header_of_many_small_values_is_refused():
    """A record of an unknown kind has labels of its own, and cannot make its readers slow with them."""
    parts = {**PARTS, 3: "application/x", -70099: [[]] * 1024}
    assert code_of(signed(parts)) == "MALFORMED_COSE"
    assert code_of(signed({**parts, -70099: bytes(16 << 10)})) == "BAD_HEADER"
    record.parse(signed({**parts, -70099: [[]] * 900}))


@pytest.mark.parametrize(
    "party",
    [
        "https://x/\u202egnp.exe",
        "https://x/\u200b",
        "https://x/\u00e9",
        "urn:\ud7ff",
        "https://x/ ",
        "https://x/%",
        "https://x/%zz",
        "https://x/<b>",
        'https://x/"',
        "https://x/\\",
        "https://x/{}",
        "https:",
        "//x/y",
    ],
    ids=ascii,
)
def test_security_a_party_that_looks_like_another_is_refused(party):
    """Only the characters of RFC 3986: nothing is hidden, turned around, or taken for markup."""
    assert code_of(signed({**PARTS, 15: {**CLAIMS, 1: party}})) == "BAD_HEADER"


@pytest.mark.parametrize(
    "party", ["urn:epc:id:pgln:9521321.00002", "https://x/%C3%A9?q=(1)*!'#f", "did:web:x.y", "a:~"]
)
def test_harmless_parties_are_taken(party):
    """Any scheme but those of scripts, escapes included."""
    assert record.parse(signed({**PARTS, 15: {**CLAIMS, 1: party}})).header.iss == party


def test_reserved_kinds_are_kept_and_never_interpreted():
    """Holders keep what they get; creators look the kind up before they seal."""
    assert "application/vnd.tracehold.notice+cbor" in RESERVED_KINDS
    assert not RESERVED_KINDS & (set(Kind) | CONTROL_KINDS)
    for kind in RESERVED_KINDS:
        assert record.parse(signed({**PARTS, 3: kind})).header.kind == kind
