"""The GDST document split event by event over the nodes of a network: every node gives the answers of the
one-node tests, which are run here on each of them.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.labs import Network, network
from tests.e2e.test_gdst import (
    DOCUMENT,
    PALLETS,
    Captured,
    _seen,
    test_all_21_events_are_final,
    test_contents_of_the_pallets_in_time,
    test_depths_count_transformations,
    test_downstream_of_the_feed_lot,
    test_every_masterdata_element_is_kept_and_served,
    test_history_of_the_pallet_has_all_its_moves,
    test_history_of_the_product_lot,
    test_pallets_are_in_no_trace,
    test_upstream_of_the_product_lot,
)
from tests.shared_data import shared
from tracehold_client.http import Http

pytestmark = pytest.mark.slow

__all__ = [
    "test_all_21_events_are_final",
    "test_contents_of_the_pallets_in_time",
    "test_depths_count_transformations",
    "test_downstream_of_the_feed_lot",
    "test_every_masterdata_element_is_kept_and_served",
    "test_history_of_the_pallet_has_all_its_moves",
    "test_history_of_the_product_lot",
    "test_pallets_are_in_no_trace",
    "test_upstream_of_the_product_lot",
]

NETWORKS = {"three nodes": (3, None), "five nodes, two copies": (5, 2)}


class Split(Captured):
    """The document over all nodes of a network: event n at node n, and so on round; the header at the
    first.
    """

    def __init__(self, over: Network) -> None:
        self.over = over
        self.raw = shared(DOCUMENT).read_bytes()
        self.document = json.loads(self.raw)
        self.events = self.document["epcisBody"]["eventList"]
        extra = [json.loads(_seen(self, PALLETS[1], day)) for day in ("2022-01-05", "2022-02-20")]
        jobs = {name: over.capture(name, self._part(at, extra)) for at, name in enumerate(over.names)}
        jobs = {name: over.finished(name, job) for name, job in jobs.items()}
        over.caught_up()
        self.fingerprints = {
            part["fingerprint"] for job in jobs.values() for part in [*job["events"], *job["masterdata"]]
        }
        self.job = self._together(list(jobs.values()))

    def at(self, name: str) -> "Split":
        """The same, asked at this node."""
        self.reader = self.over.reader(name)
        return self

    def kept(self) -> dict[str, set[str]]:
        """What of it each node has on its disk."""
        return {
            name: self.fingerprints & set().union(*self.over.kept(name).values()) for name in self.over.names
        }

    def whole(self) -> list[str]:
        """The nodes that have all of it."""
        return [name for name, held in self.kept().items() if held == self.fingerprints]

    def _part(self, at: int, extra: list[dict[str, Any]]) -> bytes:
        events = self.events[at :: len(self.over.names)] + (extra if at == 1 else [])
        part = {**self.document, "epcisBody": {"eventList": events}}
        if at:
            part.pop("epcisHeader")
        return json.dumps(part).encode()

    def _together(self, jobs: list[dict[str, Any]]) -> dict[str, Any]:
        """The jobs as one, without the pallet's further moves."""
        events = [event for at, job in enumerate(jobs) for event in job["events"][: -2 if at == 1 else None]]
        return {
            "success": all(job["success"] for job in jobs),
            "errors": [error for job in jobs for error in job["errors"]],
            "events": events,
            "masterdata": [part for job in jobs for part in job["masterdata"]],
        }


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test runs over each network, and what asks one node at every node that the network has."""
    if "captured" in metafunc.fixturenames:
        asked = [(size, (size, at)) for size in NETWORKS.values() for at in range(size[0])]
        names = [f"{name}, node {at + 1}" for name, size in NETWORKS.items() for at in range(size[0])]
        metafunc.parametrize(("split", "captured"), asked, indirect=True, ids=names, scope="module")
    elif "split" in metafunc.fixturenames:
        metafunc.parametrize("split", list(NETWORKS.values()), indirect=True, ids=list(NETWORKS))


@pytest.fixture(scope="module")
def split(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Split]:
    """The document over a network that is up, all FINAL.

    Who holds what follows from random log ids. Once in some dozens of networks one of five nodes is chosen
    for the logs of all the others; then another network is made.
    """
    nodes, replicas = request.param
    for _ in range(4):
        with network(tmp_path_factory.mktemp("gdst") / "lab", nodes, replicas) as over:
            found = Split(over)
            if nodes == over.lab.plan.target or not found.whole():
                yield found
                return
    raise AssertionError("one node holds everything in each of four networks")


@pytest.fixture
def captured(request: pytest.FixtureRequest, split: Split) -> Split:
    """It, asked at one of the nodes."""
    _, at = request.param  # the network too, so that pytest keeps the tests of one together
    return split.at(split.over.names[at])


def test_every_node_gives_the_same_answers(split: Split):
    """Items, depths, events and gaps of traces both ways are the same at all nodes, and so is a history."""
    product, feed = split.lot("processor.2u.v1-0122-2022"), split.lot("feedmill.1u.ff11252021")
    questions = [("v1/trace", {"item": product, "direction": "UPSTREAM"})]
    questions += [("v1/trace", {"item": feed, "direction": "DOWNSTREAM"}), ("v1/history", {"item": product})]
    for path, question in questions:
        answers = [_told(split.over.reader(name).post(path, question)) for name in split.over.names]
        assert answers[0]["events"]
        assert answers[0]["gaps"] == []
        assert answers == [answers[0]] * len(answers)


def _told(answer: dict[str, Any]) -> dict[str, Any]:
    """What an answer says, without how long it took and whether a record came from here, or from elsewhere
    and had its signature checked again.
    """
    events = [{key: event[key] for key in event if key != "signatureChecked"} for event in answer["events"]]
    parts = ("items", "gaps", "truncated")
    return {part: answer[part] for part in parts if part in answer} | {"events": events}


def test_no_node_has_everything_where_fewer_copies_are_wanted(split: Split):
    """Three nodes keep everything each; of five with two copies none does, and every record is kept twice."""
    target, kept = split.over.lab.plan.target, split.kept()
    assert split.whole() == (split.over.names if target == len(split.over.names) else [])
    for fingerprint in split.fingerprints:
        assert sum(fingerprint in held for held in kept.values()) >= target


def test_peers_were_asked(split: Split):
    """Each node answered the others' questions: by its own counters, calls of Expand that ended well."""
    test_every_node_gives_the_same_answers(split)
    for name in split.over.names:
        page = Http().exchange(f"{split.over.lab.plan.seat(name).rest}/metrics").body.decode()
        lines = [
            line
            for line in page.splitlines()
            if line.startswith("grpc_server_handled_total")
            and 'grpc_method="Expand"' in line
            and '"OK"' in line
        ]
        assert sum(float(line.rpartition(" ")[2]) for line in lines) > 0, name
