"""Facts in memory by their rows: as known now, never more than a limit, none from before a change."""

from tests.ports.graphs import fact
from tracehold.adapters.graph_facts import remembered
from tracehold.adapters.sqlite_graph.recent import Recent

ONE, TWO = fact("one", known_ms=1), fact("two", known_ms=2)


def test_after_a_change_a_fact_is_met_where_it_is_known_since_the_same_time():
    """Its row says since when; then it need not be decoded again."""
    before = Recent()
    before.keep({1: ONE, 2: TWO})
    assert (before.met(1), before.met(3)) == (ONE, None)
    now = before.aged()
    assert now.met(1) is None
    assert (now.met_before(1, 1), now.met_before(2, 3), now.met_before(3, None)) == (ONE, None, None)


def test_two_changes_without_a_question_between_lose_nothing():
    """What was kept last is kept."""
    before = Recent()
    before.keep({1: ONE})
    assert before.aged().aged().met_before(1, 1) == ONE


def test_attack_a_read_from_before_a_change_shows_nothing_after_it():
    """It keeps what it found where nobody looks any more as if it were of now."""
    before = Recent()
    now = before.aged()
    before.keep({1: ONE})
    assert now.met(1) is None
    assert now.met_before(1, 5) is None


def test_no_more_than_a_limit(monkeypatch):
    """What was there goes, and of one large answer its end."""
    monkeypatch.setattr(remembered, "REMEMBER", 3)
    kept = Recent()
    for at in range(6):
        kept.keep({10 * at + n: ONE for n in range(at)})
        assert len(kept) <= 3
    assert kept.met(50) == ONE
