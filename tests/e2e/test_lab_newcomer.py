"""A company joins a network that has long been there: its disk is empty, and it knows one address, the chain
and the network's secret. It finds what it never saw, and takes the places that are its own.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.conftest import SENDER
from tests.e2e.labs import Network, network, until
from tests.e2e.lots import Line, line
from tests.e2e.signing import document, event
from tests.e2e.test_lab_repair import LIMITS, holders, replaced, size_on_chain, whole
from tests.e2e.test_lab_sigkill import stored
from tracehold.core.ids import LogId
from tracehold.core.placement import Candidate, nearest

pytestmark = pytest.mark.slow

BY_DIRECTORY = {"ask_all_upto": 0}


def founded(
    folder: Path, nodes: int, replicas: int, target: int, **replication: float
) -> AbstractContextManager[Network]:
    """A network whose nodes strive for `target` copies, and find data by the directory alone."""
    replication = {**LIMITS, "target": target, **replication}
    return network(folder / "lab", nodes, replicas, replication=replication, directory=BY_DIRECTORY)


@pytest.fixture
def six(tmp_path: Path) -> Iterator[tuple[Network, str, Line]]:
    """A network of five that told something, and a sixth that joined through the last one. On a slow machine
    too, nobody holds a log but those whose place it is.
    """
    with founded(tmp_path, 5, 3, 3, patience_s=60.0) as over:
        told = line(over, over.names, "N", 6)
        until(lambda: all(whole(over, name, 3) for name in over.names))
        yield over, join(over, over.names[-1], 3, patience_s=60.0), told


def join(over: Network, seed: str, target: int, **replication: float) -> str:
    """One more through this node, with nothing on its disk but its own log; its name."""
    replication = {**LIMITS, "target": target, **replication}
    name = over.add(seed, replication=replication, directory=BY_DIRECTORY)
    config = over.lab.config(name).read_text()
    assert f'seeds = ["{over.lab.plan.seat(seed).peer}"]' in config
    return name


def log_of(over: Network, name: str) -> str:
    """A node's log."""
    return str(over.status(name)["log"])


def has(over: Network, name: str, log: str, size: int) -> bool:
    """Whether a node has so much of a log on its disk."""
    return len(stored(over, name).get(log, ())) >= size


def tells(over: Network, name: str, told: Line) -> bool:
    """Whether a node gives the whole answer."""
    return told.whole(told.ask(over, name))


def test_it_finds_what_it_never_saw(six: tuple[Network, str, Line]):
    """Trace and locate say at the newcomer what they say elsewhere, though no record of it is on its disk;
    what it tells itself is found everywhere.
    """
    over, newcomer, told = six
    until(partial(tells, over, newcomer, told))
    assert not told.events <= set().union(*over.kept(newcomer).values())
    found = over.reader(newcomer).post("v1/records:locate", {"item": told.lots[3]})
    known = over.reader(over.names[0]).post("v1/records:locate", {"item": told.lots[3]})
    assert {each["fingerprint"] for each in found["locations"]} <= told.events
    assert len(found["locations"]) == len(known["locations"]) == 2
    own = line(over, [newcomer], "OWN", 1)
    for name in over.names:
        until(partial(tells, over, name, own))


def test_it_takes_its_share_of_logs_that_begin_after_it(six: tuple[Network, str, Line]):
    """The holders of the next newcomer's log are the nearest ones, the sixth node among the candidates like
    any other; and so it is with the sixth's own log.
    """
    over, *_ = six
    seventh = join(over, over.names[-1], 3, patience_s=60.0)
    logs = {name: LogId(bytes.fromhex(log_of(over, name))) for name in over.names}
    every = [Candidate(over.number(name), over.number(name), log) for name, log in logs.items()]
    over.finished(seventh, over.capture(seventh, document(event(SENDER.piece(6, "SEVENTH").link))))
    until(lambda: whole(over, seventh, 3))
    for name in over.names[-2:]:
        there = [each for each in every if each.node < over.number(name)]
        order = nearest(logs[name], 0, there, own=over.number(name))
        assert set(holders(over, name)) == {each.node for each in order[:2]}, name


def test_it_takes_the_places_that_are_free(tmp_path: Path):
    """Three that want four copies have three; with the newcomer they have four, of all that was before."""
    with founded(tmp_path, 3, 3, 4) as over:
        told = line(over, over.names, "F", 4)
        founders = list(over.names)
        assert all(over.status(name)["copies"] == {"kept": 3, "target": 4} for name in founders)
        newcomer = join(over, founders[0], 4)
        until(lambda: all(whole(over, name, 4) for name in founders))
        assert all(over.number(newcomer) in holders(over, name) for name in founders)
        until(lambda: told.events <= set().union(*over.kept(newcomer).values()))
        until(partial(tells, over, newcomer, told))


def test_it_takes_the_places_of_one_that_is_killed(tmp_path: Path):
    """Five that keep five copies leave it no place. When one is gone for good, every place of it is the
    newcomer's: in the logs of those that are left, and in the log of the one that is gone.
    """
    with founded(tmp_path, 5, 5, 5) as over:
        told = line(over, over.names, "K", 6)
        *left, gone = over.names
        until(lambda: all(whole(over, name, 5) for name in over.names))
        newcomer = join(over, left[0], 5)
        assert not told.events & set().union(*over.kept(newcomer).values())
        lost, size = log_of(over, gone), size_on_chain(over, gone)
        over.lab.kill(gone)
        until(lambda: all(replaced(over, name, gone, 5) for name in left))
        for name in left:
            others = {over.number(each) for each in (*left, newcomer)} - {over.number(name)}
            assert set(holders(over, name)) == others
        until(lambda: has(over, newcomer, lost, size))
        assert told.events <= set().union(*over.kept(newcomer).values())
        until(partial(tells, over, newcomer, told))
