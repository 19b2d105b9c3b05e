"""Every lineage story, its events one by one over five nodes that keep two copies: whoever is asked answers
as the rules do.

One network for all stories, each about things of its own; what is known when is told in rounds, all stories
at once. An error is declared where the statement was made: a party speaks with another voice through another
operator, and only who made a statement takes it back (docs/lineage.md, "Taken back").
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.labs import Network, network
from tests.lineage import story
from tests.lineage.apart import apart, parties
from tests.lineage.sources import bag, chronicle, traced
from tests.lineage.story import Ask, Case
from tests.lineage.telling import Event, micros
from tests.lineage.test_stories import CASES
from tracehold.cli.party import enrol
from tracehold.core.ids import NetworkId
from tracehold.core.keys import Ed25519Key
from tracehold.core.lineage import Gap, GapReason, TracedItem
from tracehold_client import Client, Signer, statement

pytestmark = pytest.mark.slow

NODES, COPIES = 5, 2
TOLD = [(name, apart(case, number)) for number, (name, case) in enumerate(CASES)]
ROUNDS = max(len(case.batches) for _, case in TOLD)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WORDS = {"max_depth": "maxDepth", "max_items": "maxItems", "strict_time": "strictTime"}
EXPECTED_GAPS = {"NEVER_COMMISSIONED", "HINTED"}
"""What is missing in the stories themselves, and what is said of every answer that peers took part in."""


def key_of(party: str) -> Ed25519Key:
    """The party's own key."""
    return Ed25519Key.from_seed(hashlib.sha256(party.encode()).digest())


def _name(event: Event) -> str:
    return repr(event)


def _places(case: Case, first: int) -> dict[str, int]:
    """Which node takes each event: one after the other, but for declarations of error and what may be meant
    by them: of one party, with one event id or at one instant.
    """
    events = [event for batch in case.batches for event in batch]
    declared = any("errorDeclaration" in event.body for event in events)
    places: dict[str, int] = {}
    together: dict[object, int] = {}
    for position, event in enumerate(events, first):
        instant = datetime.fromisoformat(event.body["eventTime"])
        keys = [(event.party, instant), (event.party, event.body.get("eventID", instant))]
        known = [together[key] for key in keys if declared and key in together]
        places[_name(event)] = known[0] if known else position % NODES
        for key in keys:
            together.setdefault(key, places[_name(event)])
    return places


PLACES = [_places(case, at) for at, (_, case) in enumerate(TOLD)]


class Apart:
    """The stories on a network that is up, told. `known` are moments, one after each round."""

    def __init__(self, over: Network) -> None:
        self.over = over
        self.known: list[str] = []
        for name in over.names:
            for party in parties([case for _, case in TOLD]):
                enrol(party, key_of(party).public.cose_key().hex(), over.lab.home(name), as_json=True)
        for number in range(ROUNDS):
            self._tell(number)
            over.caught_up()
            self.known.append(_moment())

    def _tell(self, number: int) -> None:
        """One batch of every story that has so many, event by event to one node after the other."""
        said: dict[str, list[tuple[str, bytes]]] = {name: [] for name in self.over.names}
        for (_, case), places in zip(TOLD, PLACES, strict=True):
            batch = case.batches[number] if number < len(case.batches) else []
            for event in batch:
                said[self.over.names[places[_name(event)]]].append((event.party, event.payload))
        for name, events in said.items():
            with Client(self.over.grpc(name), token=self.over.token(name)) as client:
                of = NetworkId(bytes.fromhex(client.status().network))
                signers = {party: Signer(key_of(party), party, of) for party in {each for each, _ in events}}
                signed = [statement(signers[party].event(payload)) for party, payload in events]
                for at in range(0, len(signed), 100):
                    for outcome in client.upload(signed[at : at + 100]):
                        outcome.unwrap()

    def answer(self, name: str, ask: Ask) -> Any:
        """The answer of a node, in the form of `ask.expected`."""
        return KINDS[ask.kind](self, name, ask)

    def _post(self, name: str, question: str, ask: Ask, **more: Any) -> dict[str, Any]:
        body: dict[str, Any] = {"items": list(ask.about)} if ask.kind == story.SHARED else {"item": ask.about}
        body |= more
        if ask.at is not None:
            body["at"] = _stamp(EPOCH + timedelta(microseconds=micros(ask.at)))
        if ask.known_at is not None:
            body["knownAt"] = self.known[ask.known_at - 1]
        answer = self.over.reader(name).post(f"v1/{question}", body)
        assert {gap["reason"] for gap in answer["gaps"]} <= EXPECTED_GAPS
        assert not answer.get("nextPageToken")
        return dict(answer)

    def trace(self, name: str, ask: Ask) -> Any:
        """What is only reached against time is what `strictTime` leaves out: asked where a story has some."""
        direction = {"direction": "UPSTREAM" if ask.kind == story.UP else "DOWNSTREAM"}
        options = {WORDS[word]: value for word, value in ask.options.items()}
        answer = self._post(name, "trace", ask, **direction, **options)
        late = {"strictTime": True} if ask.expected[1] else {}
        strict = self._post(name, "trace", ask, **{**direction, **options, **late}) if late else answer
        timely = {item["item"] for item in strict["items"]}
        items = [
            TracedItem(item["item"], item["depth"], (), item["item"] not in timely)
            for item in answer["items"]
        ]
        none = [gap for gap in answer["gaps"] if gap["reason"] == "NEVER_COMMISSIONED"]
        return traced(ask, items, [Gap(gap["item"], GapReason.NEVER_COMMISSIONED, "") for gap in none])

    def state(self, name: str, ask: Ask) -> Any:
        """Those parts of how it stands that the story states."""
        answer = self._post(name, "state", ask)
        conditions = answer["conditions"]
        said = [each["disposition"] for each in conditions if not each["persistent"]]
        whole = {
            "places": [stay["place"] for stay in answer["places"]],
            "disposition": said[0] if said else None,
            "lasting": [each["disposition"] for each in conditions if each["persistent"]],
            "around": [(held["item"], held["parent"]) for held in answer["containers"]],
            "part_of": [(held["item"], held["parent"]) for held in answer["partOf"]],
            "amounts": [(each.get("quantity"), each["uom"]) for each in answer["amounts"]],
            "ended": answer["ended"],
        }
        return {part: whole[part] for part in ask.expected}

    def common(self, name: str, ask: Ask) -> Any:
        """Shared ancestors, with their depths."""
        options = {WORDS[word]: value for word, value in ask.options.items()}
        answer = self._post(name, "common", ask, **options)
        return {entry["item"]: tuple(entry["depths"]) for entry in answer["items"]}

    def history(self, name: str, ask: Ask) -> Any:
        """Minutes, and roles."""
        events = self._post(name, "history", ask)["events"]
        return chronicle(ask, [(_micros(event["eventTime"]), event["role"]) for event in events])

    def contents(self, name: str, ask: Ask) -> Any:
        """What is packed in it, or part of it."""
        held = self._post(name, "contents", ask)["children" if ask.kind == story.INSIDE else "components"]
        return bag(
            ask, [(row["item"], row["parent"], row.get("quantity"), row.get("uom", "")) for row in held]
        )


KINDS: dict[str, Callable[[Apart, str, Ask], Any]] = {
    story.UP: Apart.trace,
    story.DOWN: Apart.trace,
    story.TOLD: Apart.history,
    story.INSIDE: Apart.contents,
    story.PARTS: Apart.contents,
    story.STANDS: Apart.state,
    story.SHARED: Apart.common,
}


def _moment() -> str:
    """Now, at the end of a second: blocks have whole ones, so the next one made is later."""
    time.sleep(1 - time.time() % 1)
    return _stamp(datetime.fromtimestamp(int(time.time()), UTC) - timedelta(milliseconds=1))


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _micros(stamp: str) -> int:
    return (datetime.fromisoformat(stamp) - EPOCH) // timedelta(microseconds=1)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    """All stories, told."""
    folder = tmp_path_factory.mktemp("stories") / "lab"
    with network(folder, NODES, COPIES, anchor={"seconds": 2.0}) as over:
        yield Apart(over)


@pytest.mark.parametrize(
    ("number", "case"), [pytest.param(n, case, id=name) for n, (name, case) in enumerate(TOLD)]
)
def test_story(told: Apart, number: int, case: Case):
    """All questions of the story, each to another node, have exactly the answers that it states."""
    for at, ask in enumerate(case.asks, number):
        name = told.over.names[at % NODES]
        assert told.answer(name, ask) == ask.expected, (name, ask.kind, ask.about, ask.at, ask.known_at)


def test_no_node_has_everything(told: Apart):
    """Five nodes keep two copies: what a node answers, it has of others."""
    kept = {name: set().union(*told.over.kept(name).values()) for name in told.over.names}
    whole = set().union(*kept.values())
    for fingerprint in whole:
        assert sum(fingerprint in held for held in kept.values()) >= COPIES
    assert sum(held != whole for held in kept.values()) >= NODES - 1
