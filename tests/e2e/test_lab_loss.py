"""One of three operators is gone for good: the others go on, and say that a copy is missing."""

from collections.abc import Iterable, Iterator
from functools import partial

import pytest

from tests.e2e.conftest import SENDER
from tests.e2e.labs import Network, network, until
from tests.e2e.signing import document, event

pytestmark = pytest.mark.slow


@pytest.fixture
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A network of three, up."""
    with network(tmp_path_factory.mktemp("loss") / "lab", 3) as over:
        yield over


def told(items: Iterable[str]) -> bytes:
    """A document that says something about each item."""
    return document(*(event(item) for item in items))


def copies(over: Network, name: str, fingerprint: str) -> tuple[int, int]:
    """Copies of a record, as its creator counts them, and how many are wanted."""
    found = over.reader(name).get(f"v1/records/{fingerprint}")["record"]["copies"]
    return int(found["kept"]), int(found["target"])


def has_all(over: Network, name: str, fingerprint: str) -> bool:
    """Whether the record has its three copies."""
    return copies(over, name, fingerprint) == (3, 3)


def test_uploads_reach_final_with_two_copies_of_three(three: Network):
    """Killed hard and never started again: what comes later is FINAL, kept twice, found at both that are
    left;
    what came before has its third copy at the one that is gone, and is answered too.
    """
    first = {name: SENDER.piece(4, f"A{at}").link for at, name in enumerate(three.names)}
    before = {name: three.capture(name, told([item])) for name, item in first.items()}
    for name, job in before.items():
        three.finished(name, job)
        fingerprint = job["events"][0]["fingerprint"]
        until(partial(has_all, three, name, fingerprint))
    *left, gone = three.names
    three.lab.kill(gone)
    later = {name: SENDER.piece(4, f"B{at}").link for at, name in enumerate(left)}
    for name, item in later.items():
        job = three.finished(name, three.capture(name, told([item])))
        assert copies(three, name, job["events"][0]["fingerprint"]) == (2, 3)
        status = three.reader(name).get("v1/status")
        assert status["copies"] == {"kept": 2, "target": 3}
    for name in left:
        for item in [*first.values(), *later.values()]:
            answer = three.reader(name).post("v1/history", {"item": item})
            assert [each["verified"] for each in answer["events"]] == [True], (name, item)
    for name in left:
        answer = three.reader(name).post("v1/records:locate", {"item": later[left[0]]})
        assert [sorted(each["holders"]) for each in answer["locations"]] == [[1, 2]]


def test_it_comes_back_and_gets_what_it_missed(three: Network):
    """Down while records came; started again it has all three copies complete without anybody's help."""
    first, *_, gone = three.names
    three.lab.kill(gone)
    job = three.finished(first, three.capture(first, told(SENDER.piece(4, f"C{n}").link for n in range(20))))
    fingerprints = {each["fingerprint"] for each in job["events"]}
    assert not fingerprints & set().union(*three.kept(gone).values())
    three.lab.restart(gone)
    until(lambda: fingerprints <= set().union(*three.kept(gone).values()))
    until(lambda: three.reader(first).get("v1/status")["copies"] == {"kept": 3, "target": 3})
    assert copies(three, first, job["events"][0]["fingerprint"]) == (3, 3)
