"""Facts in memory: as they are known now, never more than a limit, and none from before an erasure."""

from tests.ports.graphs import fact
from tracehold.adapters.graph_facts import remembered
from tracehold.adapters.graph_facts.remembered import Remembered

ONE, TWO = fact("one", known_ms=1), fact("two", known_ms=2)


def test_a_fact_is_known_as_it_is_known_now():
    """Not where it became known at another time meanwhile."""
    kept = Remembered()
    kept.keep([ONE, TWO], kept.begin())
    assert kept.known({ONE.fingerprint: 1, TWO.fingerprint: 3}) == [ONE]


def test_attack_a_read_from_before_an_erasure_keeps_nothing():
    """What it read was erased, as far as anybody knows."""
    kept = Remembered()
    begun = kept.begin()
    kept.forget()
    kept.keep([ONE], begun)
    assert kept.known({ONE.fingerprint: 1}) == []
    kept.keep([ONE], kept.begin())
    assert kept.known({ONE.fingerprint: 1}) == [ONE]


def test_no_more_than_a_limit(monkeypatch):
    """The oldest go, and of one large answer its end."""
    monkeypatch.setattr(remembered, "REMEMBER", 3)
    kept = Remembered()
    for at in range(5):
        kept.keep([fact(f"{at}{n}") for n in range(at)], kept.begin())
        assert len(kept) <= 3
