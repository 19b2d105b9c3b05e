"""Whose word about something is taken first, and what its attributes say."""

import pytest

from tracehold.core.epcis.attributes import NAMES, first, lines, local_name, texts
from tracehold.core.epcis.masterdata import Attribute
from tracehold.core.gs1 import canonical
from tracehold.core.said import in_turn, known_by, stands_alone
from tracehold.core.speaker import Level, Speaker

X, Y = "https://id.gs1.org/417/9521000000018", "https://id.gs1.org/417/9521000000025"
SIGNED, MANDATED, ASSERTED = Level.SIGNED_BY_PARTY, Level.DELEGATED_WITH_MANDATE, Level.DELEGATED_ASSERTED

Word = tuple[str, Speaker]


def by(party: str, level: Level = SIGNED, operator: str = "one", *, suspect: bool = False) -> Speaker:
    """A speaker."""
    return Speaker(party, operator, level, suspect)


def turns(words: list[Word], *heeded: Speaker) -> list[str]:
    """What is said of X, in turn."""
    return [text for text, _ in in_turn(X, words, lambda word: word[1], heeded)]


def test_own_word_is_first_then_who_tells_the_event_then_the_newest():
    """However new a stranger's word is."""
    words = [
        ("own", by(X)),
        ("teller", by(Y)),
        ("early", by("urn:a")),
        ("late", by("urn:b")),
    ]
    assert turns(words, by(Y)) == ["own", "teller", "late", "early"]
    assert turns(words) == ["own", "late", "early", "teller"]


def test_of_each_speaker_the_newest_word_is_taken():
    """What it said before is not said any more."""
    assert turns([("old", by(Y)), ("other", by("urn:a")), ("new", by(Y))]) == ["new", "other"]


def test_attack_an_operator_asserts_the_word_of_another_ones_party():
    """That an operator says so alone neither comes before the party's own word nor stands alone."""
    words = [("own", by(X)), ("forged", by(X, ASSERTED, "two"))]
    assert turns(words) == ["own", "forged"]
    assert turns([("teller", by(X, ASSERTED)), words[1]], by(X, ASSERTED)) == ["teller", "forged"]
    assert not stands_alone(X, by(X, ASSERTED, "two"), [by(X, ASSERTED)])


def test_attack_a_word_said_with_a_stolen_key_comes_last():
    """A key in doubt speaks for nobody."""
    stolen = by(X, suspect=True)
    assert turns([("other", by(Y)), ("stolen", stolen)], stolen) == ["other", "stolen"]
    assert not stands_alone(X, stolen, [stolen])


def test_only_own_words_and_those_of_who_tells_the_event_stand_alone():
    """Every other is shown with its speaker."""
    assert stands_alone(X, by(X))
    assert stands_alone(X, by(X, MANDATED))
    assert stands_alone(X, by(Y), [by(Y)])
    assert stands_alone(X, by(Y, ASSERTED), [by(Y, ASSERTED)])
    assert not stands_alone(X, by(Y))
    assert not stands_alone(X, by(Y, operator="two"), [by(Y)])


def test_a_party_is_one_however_it_is_spelled():
    """Records name who signs in the spelling that was signed."""
    spelled = "urn:epc:id:pgln:9521000.00001"
    assert canonical(spelled) == X
    assert stands_alone(X, by(spelled))
    assert turns([("other", by(Y)), ("own", by(spelled)), ("late", by("urn:b"))]) == ["own", "late", "other"]


def test_what_is_not_known_yet_was_known_at_no_time():
    """Without a time everything counts."""
    assert known_by(None, None)
    assert known_by(5, 5)
    assert not known_by(6, 5)
    assert not known_by(None, 5)


@pytest.mark.parametrize(
    "name", ["cbvmda:lotNumber", "{http://a/}lotNumber", "urn:x:mda#lotNumber", "lotNumber"]
)
def test_local_names_are_without_their_prefix(name: str):
    """Whatever the form of the prefix."""
    assert local_name(name) == "lotNumber"


def test_texts_are_by_word_and_the_inside_of_objects_is_for_addresses():
    """The name of a contact person is not that of the company; several in a list are joined."""
    said = [
        Attribute("gs1:contactPoint", {"gs1:name": "John", "gs1:telephone": {"@value": "5"}}),
        Attribute("gs1:address", {"addressLocality": "Town", "postalCode": 7}),
        Attribute("gs1:organizationName", "Farm"),
        Attribute("urn:x#CITY", ["A", " B "]),
        Attribute("gs1:flag", True),
    ]
    found = texts(said)
    assert found == {
        "telephone": "5", "addresslocality": "Town", "postalcode": "7", "organizationname": "Farm",
        "city": "A; B",
    }  # fmt: skip
    assert first(found, *NAMES) == "Farm"


def test_denial_of_service_by_attributes_in_one_another():
    """Depth and members of what strangers say are bounded."""
    deep: object = "bottom"
    for _ in range(5):
        deep = [deep]
    assert lines(Attribute("name", deep)) == []
    assert len(lines(Attribute("name", ["x"] * 1000))) == 20
