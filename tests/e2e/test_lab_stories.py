"""Every lineage story, its events one by one over five nodes that keep two copies: whoever is asked answers
as the rules do.

One network for all stories, each about things of its own; what is known when is told in rounds, all stories
at once. An error is declared where the statement was made: a party speaks with another voice through another
operator, and only who made a statement takes it back (docs/lineage.md, "Taken back").
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.labs import Network, network
from tests.lineage import story
from tests.lineage.apart import apart, parties
from tests.lineage.forms import Standing, bag, chronicle, recalled, stated, traced
from tests.lineage.story import Ask, Case, Row
from tests.lineage.telling import Event, micros
from tests.lineage.test_stories import CASES
from tracehold.cli.party import enrol
from tracehold.core.ids import NetworkId
from tracehold.core.keys import Ed25519Key
from tracehold.core.lineage import Gap, GapReason, TracedItem
from tracehold_client import Client, Signer, statement

pytestmark = pytest.mark.slow

NODES, COPIES = 5, 2
ASKERS = 4
"""Questions asked at once: the nodes' processes share the cores of the machine."""
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
    by them: of one party, with one event id or at one instant. A party introduces others in one voice.
    """
    events = [event for batch in case.batches for event in batch if not event.is_masterdata]
    declared = any("errorDeclaration" in event.body for event in events)
    places = {_name(event): 0 for batch in case.batches for event in batch if event.is_masterdata}
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
            said = self._said(number)
            with ThreadPoolExecutor(NODES) as tellers:
                list(tellers.map(self._tell, said, said.values()))
            over.caught_up()
            self.known.append(_moment())

    def _said(self, number: int) -> dict[str, list[Event]]:
        """One batch of every story that has so many, event by event for one node after the other."""
        said: dict[str, list[Event]] = {name: [] for name in self.over.names}
        for (_, case), places in zip(TOLD, PLACES, strict=True):
            for event in case.batches[number] if number < len(case.batches) else []:
                said[self.over.names[places[_name(event)]]].append(event)
        return said

    def _tell(self, name: str, events: Sequence[Event]) -> None:
        with Client(self.over.grpc(name), token=self.over.token(name)) as client:
            of = NetworkId(bytes.fromhex(client.status().network))
            signers = {party: Signer(key_of(party), party, of) for party in {each.party for each in events}}
            signed = [statement(_signed(signers[event.party], event)) for event in events]
            for at in range(0, len(signed), 100):
                for outcome in client.upload(signed[at : at + 100]):
                    outcome.unwrap()

    def answer(self, name: str, ask: Ask) -> Any:
        """The answer of a node, in the form of `ask.expected`."""
        return KINDS[ask.kind](self, name, ask)

    def _post(self, name: str, question: str, ask: Ask, **more: Any) -> dict[str, Any]:
        body: dict[str, Any] = (
            {"item": ask.about} if isinstance(ask.about, str) else {"items": list(ask.about)}
        )
        body |= more | {WORDS[word]: value for word, value in ask.options.items() if word in WORDS}
        if ask.at is not None:
            body["at"] = _stamp(EPOCH + timedelta(microseconds=micros(ask.at)))
        if ask.known_at is not None:
            body["knownAt"] = self.known[ask.known_at - 1]
        answer = self.over.reader(name).post(f"v1/{question}", body)
        assert {gap["reason"] for gap in answer["gaps"]} <= EXPECTED_GAPS
        assert not answer.get("nextPageToken")
        assert not answer["truncated"] or "max_depth" in ask.options
        return dict(answer)

    def trace(self, name: str, ask: Ask) -> Any:
        """What is only reached against time is what `strictTime` leaves out: asked where a story has some."""
        direction = {"direction": "UPSTREAM" if ask.kind == story.UP else "DOWNSTREAM"}
        answer = self._post(name, "trace", ask, **direction)
        late = {"strictTime": True} if ask.expected[1] else {}
        strict = self._post(name, "trace", ask, **{**direction, **late}) if late else answer
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
        said = [(each["disposition"], bool(each["persistent"])) for each in answer["conditions"]]
        return stated(_standing(answer, said), ask.expected)

    def common(self, name: str, ask: Ask) -> Any:
        """Shared ancestors with their depths, or where the items met."""
        answer = self._post(name, "common", ask)
        if ask.kind == story.SHARED:
            return {entry["item"]: tuple(entry["depths"]) for entry in answer["items"]}
        return [place["id"] for place in answer["places"]], [party["id"] for party in answer["parties"]]

    def recall(self, name: str, ask: Ask) -> Any:
        """What is affected, with what the story states of each."""
        answer = self._post(name, "recall", ask)
        counted = {each["issuer"]: each["items"] for each in answer["issuers"]}
        assert counted == Counter(row["issuer"] for row in answer["items"])
        contacts: dict[str, list[str]] = {}
        for each in answer["contacts"]:
            contacts.setdefault(each["id"], []).append(each["name"])
        return recalled(ask, _rows(answer["items"]), _rows(answer["recalled"]), lambda: contacts)

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
    story.MET: Apart.common,
    story.CALLED: Apart.recall,
}


def _signed(signer: Signer, event: Event) -> bytes:
    return signer.masterdata(event.payload) if event.is_masterdata else signer.event(event.payload)


def _rows(rows: Sequence[dict[str, Any]]) -> list[Row]:
    return [
        (
            row["item"],
            {
                "depth": row["depth"],
                "by": row["issuer"],
                "late": "TIME_ORDER" in row["flags"],
                "comes": set(row["comesFrom"]),
                **_standing(row, ()),
                "dispositions": row["dispositions"],
            },
        )
        for row in rows
    ]


def _standing(told: dict[str, Any], said: Sequence[tuple[str, bool]]) -> dict[str, Any]:
    return Standing(
        [stay["place"] for stay in told["places"]],
        said,
        [(held["item"], held["parent"]) for held in told["containers"]],
        [(held["item"], held["parent"]) for held in told["partOf"]],
        [(each["party"], each["boundFor"]) for each in told["custodians"]],
        [(each.get("quantity"), each["uom"]) for each in told["amounts"]],
        told["ended"],
    ).plain()


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


@pytest.fixture(scope="module")
def answers(told: Apart, request: pytest.FixtureRequest) -> Iterator[dict[int, list[Future[Any]]]]:
    """The answers to all questions of the stories that run, each asked of another node, some at once."""
    items: list[Any] = request.session.items
    asked = {item.callspec.params["number"] for item in items if _is_story(item)}
    with ThreadPoolExecutor(ASKERS) as pool:
        yield {number: _asked(pool, told, number) for number in sorted(asked)}
        pool.shutdown(cancel_futures=True)  # a run that ends early waits for none of them


def _is_story(item: Any) -> bool:
    return getattr(item, "function", None) is test_story


def _asked(pool: ThreadPoolExecutor, told: Apart, number: int) -> list[Future[Any]]:
    asks = enumerate(TOLD[number][1].asks, number)
    return [pool.submit(told.answer, told.over.names[at % NODES], ask) for at, ask in asks]


@pytest.mark.parametrize(
    ("number", "case"), [pytest.param(n, case, id=name) for n, (name, case) in enumerate(TOLD)]
)
def test_story(answers: dict[int, list[Future[Any]]], number: int, case: Case):
    """All questions of the story, each to another node, have exactly the answers that it states."""
    for at, (ask, answer) in enumerate(zip(case.asks, answers[number], strict=True), number):
        asked = (at % NODES, ask.kind, ask.about, ask.at, ask.known_at)
        assert answer.result() == ask.expected, asked


def test_no_node_has_everything(told: Apart):
    """Five nodes keep two copies: what a node answers, it has of others."""
    kept = {name: set().union(*told.over.kept(name).values()) for name in told.over.names}
    whole = set().union(*kept.values())
    for fingerprint in whole:
        assert sum(fingerprint in held for held in kept.values()) >= COPIES
    assert sum(held != whole for held in kept.values()) >= NODES - 1
