"""A network that finds data by its directory alone answers as it does when it asks everybody."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.e2e.labs import Network, configure, network, until
from tests.e2e.test_lab_gdst import Split
from tracehold.cli.demo.programs import run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Split]:
    """Five nodes that keep two copies, up; all are asked."""
    with network(tmp_path_factory.mktemp("directory") / "lab", 5, 2) as over:
        yield Split(over)


def by_directory(over: Network) -> None:
    """Start all nodes again, so that they ask whom the directory names."""
    over.lab.stop(over.names)
    configure(over.lab, over.names, directory={"ask_all_upto": 0})
    over.lab.start(over.names)
    over.lab.publish()


def answers(split: Split, name: str) -> list[Any]:
    """What a node says of the GDST lots: items and events, and gaps that are not about being hinted."""
    product, feed = split.lot("processor.2u.v1-0122-2022"), split.lot("feedmill.1u.ff11252021")
    questions = [("v1/trace", {"item": product, "direction": "UPSTREAM"})]
    questions += [("v1/trace", {"item": feed, "direction": "DOWNSTREAM"}), ("v1/history", {"item": product})]
    found = []
    for path, question in questions:
        answer = split.over.reader(name).post(path, question)
        events = [(each["fingerprint"], each["verified"]) for each in answer["events"]]
        gaps = [gap for gap in answer["gaps"] if gap["reason"] != "HINTED"]
        found.append(([each["item"] for each in answer.get("items", ())], events, gaps))
    return found


def directory(over: Network, name: str) -> dict[str, Any]:
    """How the directory stands at a node."""
    backends = over.reader(name).get("v1/status")["backends"]
    (found,) = (each for each in backends if each["port"] == "directory")
    return dict(found)


def takes_part(over: Network, name: str) -> bool:
    """Whether a node has contacts."""
    return bool(directory(over, name)["up"])


def says(split: Split, name: str, whole: list[Any]) -> bool:
    """Whether a node answers this."""
    return answers(split, name) == whole


def test_every_node_answers_as_if_all_were_asked(split: Split):
    """No node has all of it. The answers are those of before, word for word, once all is announced; and not
    everybody is asked for them.
    """
    over = split.over
    assert len(split.whole()) < len(over.names)
    whole = {name: answers(split, name) for name in over.names}
    assert all(each == whole[over.names[0]] for each in whole.values())
    assert all(items and events and not gaps for items, events, gaps in whole[over.names[0]][:2])
    assert "all are asked" in directory(over, over.names[0])["detail"]
    by_directory(over)
    for name in over.names:
        until(partial(takes_part, over, name))
        assert "whom it names" in directory(over, name)["detail"]
    for name in over.names:
        until(partial(says, split, name, whole[name]))


def test_the_commands_look_inside(split: Split):
    """From beside a running node: who is there, who answers, and who announced a lot."""
    over = split.over
    folder = str(over.lab.home(over.names[0]))
    until(partial(_contacts, folder, len(over.names) - 1))
    pinged = json.loads(run("peer", "ping", "--dir", folder, "--json"))["peers"]
    assert [each["up"] for each in pinged] == [True] * (len(over.names) - 1)
    lot = split.lot("processor.2u.v1-0122-2022")
    until(partial(_announced, folder, lot))
    nobody = json.loads(run("peer", "route", "urn:x:nothing", "--dir", folder, "--json"))
    assert (nobody["holders"], nobody["whole"]) == ([], True)


def _contacts(folder: str, count: int) -> bool:
    peers = json.loads(run("peer", "list", "--dir", folder, "--json"))["peers"]
    return sum(each["contact"] for each in peers) == count


def _announced(folder: str, lot: str) -> bool:
    found = json.loads(run("peer", "route", lot, "--dir", folder, "--json"))
    return len(found["holders"]) > 1 and {each["outcome"] for each in found["steps"]} == {"answered"}
