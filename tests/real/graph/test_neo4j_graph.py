"""What the graph on a Neo4j server must hold to beyond the port: constraints, versions, withdrawal, plans."""

import asyncio
import ssl
from itertools import permutations
from typing import Any

import neo4j
import pytest

from tests.neo4j_servers import ask, drawn, login, opened
from tests.ports.graphs import ONE, TWO, fact, made, names, step, version
from tests.unit.lineage_world import world
from tracehold.adapters.graph_facts.encoding import decode
from tracehold.adapters.neo4j_graph import queries, reach, relating, schema, withdrawing, writes
from tracehold.core.errors import Broken
from tracehold.core.lineage import Fact, Quantity
from tracehold.journey.ports import Indexed, Known

pytestmark = pytest.mark.real


@pytest.fixture
async def graph(neo4j_server):
    """The graph on the shared server, empty."""
    async with opened(neo4j_server) as found:
        await found.clear()
        yield found


def of(name: str) -> str:
    """The fingerprint of the fact of this name, as it stands on the server."""
    return fact(name).fingerprint.hex()


async def joined(server, name: str) -> set[str]:
    """Types of the relationships between an event and items."""
    query = "MATCH (:Event {fingerprint: $event})-[r]-(:Item) RETURN DISTINCT type(r)"
    return {type_ for (type_,) in await ask(server, query, event=of(name))}


async def test_constraints_stand_before_the_first_write(graph, neo4j_server):
    """Looking is enough to make them, and to clear keeps them."""
    await graph.coverage()
    names_ = {name for (name,) in await ask(neo4j_server, "SHOW CONSTRAINTS YIELD name RETURN name")}
    assert names_ >= {f"{schema.PREFIX}{label.lower()}" for label in schema.KEYS}
    indexes = await ask(neo4j_server, "SHOW INDEXES YIELD name, state RETURN name, state")
    assert {f"{schema.PREFIX}{name}" for name in schema.INDEXES} <= {name for name, _ in indexes}
    assert {state for _, state in indexes} == {"ONLINE"}


async def test_goods_are_followed_by_one_directed_pattern(graph, neo4j_server):
    """Through two transformations, along the arrows, with times and amounts on them."""
    await graph.add(step(made("m", "a", "b", instant=7), made("n", "b", "c", instant=9)))
    found = await ask(
        neo4j_server,
        "MATCH (:Item {id: 'a'})-[r:INPUT_OF|OUTPUT*1..9]->(i:Item) "
        "RETURN i.id, [x IN r | x.t] ORDER BY i.id",
    )
    assert found == [["b", [7, 7]], ["c", [7, 7, 9, 9]]]


WRONG = {"event_id": "e1", "issuer": "urn:x:mill", "instant": 5}


@pytest.mark.parametrize("order", list(permutations(("event", "declaration", "other"))))
async def test_a_voided_event_is_withdrawn_in_any_order(graph, neo4j_server, order):
    """It keeps its vertex, is handed out as before, and no path of goods runs through it."""
    told = {
        "event": made("event", "a", "b", place="mill", **WRONG),
        "declaration": made("declaration", "a", "b", place="mill", declares_error=True, **WRONG),
        "other": made("other", "a", "c", issuer="urn:x:mill", instant=5),
    }
    for at, name in enumerate(order):
        await graph.add(step(told[name], start=at))
    assert await joined(neo4j_server, "event") == {"WITHDRAWN_FROM"}
    assert await joined(neo4j_server, "declaration") == {"CORRECTED_IN"}
    assert await joined(neo4j_server, "other") == {"INPUT_OF", "OUTPUT"}
    assert await ask(
        neo4j_server,
        "MATCH (d:ErrorDeclaration)-[:TAKES_BACK]->(e:Withdrawn) RETURN d.fingerprint, e.fingerprint",
    ) == [[of("declaration"), of("event")]]
    assert await ask(neo4j_server, "MATCH (:Event)-[:AT]->(p) RETURN p.id") == []
    assert await names(graph, "a") == ["declaration", "event", "other"]
    assert await names(graph, "b") == ["declaration", "event"]


@pytest.mark.parametrize("order", [("event", "declaration"), ("declaration", "event")])
@pytest.mark.parametrize("hashed", [True, False])
async def test_a_declaration_reads_nothing_but_what_it_is_about(
    graph, neo4j_server, monkeypatch, order, hashed
):
    """Of a hundred events of one issuer at one instant, and none at all with the events that come later."""
    same = {"issuer": "urn:x:mill", "instant": 5}
    hash = {"event_hash": "h"} if hashed else {}
    told = {
        "event": made("event", "a", "b", **same, **hash),
        "declaration": made("declaration", "a", "b", declares_error=True, **same, **hash),
    }
    others = [made(f"o{at}", "a", "c", event_hash=f"h{at}", **same) for at in range(100)]
    await graph.add(step(*others))
    read: list[str] = []

    def counted(name: Any, *of: Any) -> Fact:
        read.append(name)
        return decode(name, *of)

    monkeypatch.setattr(withdrawing, "decode", counted)
    for at, name in enumerate(order, 100):
        await graph.add(step(told[name], start=at))
    assert await joined(neo4j_server, "event") == {"WITHDRAWN_FROM"}
    assert len(read) <= 2
    await graph.add(step(made("later", "a", "d", event_hash="later", **same), start=102))
    assert len(read) <= 2


async def test_who_declares_another_s_event_wrong_withdraws_nothing(graph, neo4j_server):
    """A dispute; and neither does a declaration about another event of the same issuer and instant."""
    await graph.add(step(made("event", "a", "b", **WRONG)))
    await graph.add(
        step(made("d1", "a", "b", declares_error=True, **{**WRONG, "issuer": "urn:x:foe"}), start=1)
    )
    await graph.add(step(made("d2", "a", "c", declares_error=True, **WRONG), start=2))
    assert await joined(neo4j_server, "event") == {"INPUT_OF", "OUTPUT"}


@pytest.mark.parametrize("order", list(permutations(("event", "declaration", "again"))))
async def test_an_event_id_alone_takes_back_what_just_one_event_has(graph, neo4j_server, order):
    """A declaration typed anew, at another time: until another event of the id names the same items, and
    again when that one is erased.
    """
    told = {
        "event": made("event", "a", "b", **WRONG),
        "declaration": made("declaration", "a", "b", declares_error=True, **{**WRONG, "instant": 6}),
        "again": made("again", "a", "b", **{**WRONG, "instant": 7}),
    }
    whole = {"INPUT_OF", "OUTPUT"}
    for at, name in enumerate(order):
        await graph.add(step(told[name], start=at))
        if set(order[: at + 1]) == {"event", "declaration"}:
            assert await joined(neo4j_server, "event") == {"WITHDRAWN_FROM"}
    assert await joined(neo4j_server, "event") == whole
    assert await joined(neo4j_server, "again") == whole
    await graph.erase(told["again"].fingerprint)
    assert await joined(neo4j_server, "event") == {"WITHDRAWN_FROM"}
    await graph.erase(told["declaration"].fingerprint)
    assert await joined(neo4j_server, "event") == whole


async def test_a_declaration_that_is_erased_gives_back_what_it_alone_took(graph, neo4j_server):
    """Relationship by relationship, as if it had never been there; what another one took stays taken."""
    await graph.add(step(made("event", "a", "b", place="mill", parties=frozenset({"urn:x:p"}), **WRONG)))
    before = {each for each in await drawn(neo4j_server) if of("event") in each}
    for at, name in enumerate(("one", "two"), 1):
        told = made(
            name, "a", "b", place="mill", parties=frozenset({"urn:x:p"}), declares_error=True, **WRONG
        )
        await graph.add(step(told, start=at))
    await graph.erase(fact("one").fingerprint)
    assert await joined(neo4j_server, "event") == {"WITHDRAWN_FROM"}
    await graph.erase(fact("two").fingerprint)
    assert {each for each in await drawn(neo4j_server) if of("event") in each} == before
    assert await joined(neo4j_server, "one") == {"ERASED_FROM"}


@pytest.mark.parametrize("seed", [3, 4])
async def test_the_picture_does_not_depend_on_steps_or_their_order(graph, neo4j_server, seed):
    """Forty happenings in one step, and one by one from the last to the first."""
    facts = world(seed, 40).facts
    await graph.add(step(*facts))
    at_once = await drawn(neo4j_server)
    handed = {
        each.fingerprint: each for each in await graph.facts({q for f in facts for q in (f.parent,) if q})
    }
    await graph.clear()
    for at in reversed(range(len(facts))):
        await graph.add(step(facts[at], start=at))
    assert await drawn(neo4j_server) == at_once
    again = await graph.facts({q for f in facts for q in (f.parent,) if q})
    assert {each.fingerprint: each for each in again} == handed


async def test_nothing_on_the_server_tells_of_an_erased_record(graph, neo4j_server):
    """No property, no place or party that it alone named; what others named stays."""
    await graph.add(
        step(
            fact("one", place="urn:x:secret", event_id="secret-id", parties=frozenset({"urn:x:secret-party"}),
                 observed=(Quantity("a"),), issuer="urn:x:secret-issuer", transformation_id="secret-t"),
            fact("two", read_point="urn:x:shared"),
            fact("three", place="urn:x:shared"),
            said=(version("v"),),
        )
    )  # fmt: skip
    for name in ("one", "two"):
        await graph.erase(fact(name).fingerprint)
    everything = str(await ask(neo4j_server, "MATCH (n) RETURN labels(n), properties(n)")) + str(
        await drawn(neo4j_server)
    )
    assert "secret" not in everything
    assert "urn:x:shared" in everything
    assert await names(graph, "a") == ["one"]


async def test_a_graph_of_a_newer_release_is_refused(graph, neo4j_server):
    """It may hold what this release would misread; an older one is made again."""
    await graph.add(step(made("m", "a", "b")))
    await ask(neo4j_server, "MATCH (g:Tracehold) SET g.version = 99")
    async with opened(neo4j_server) as other:
        with pytest.raises(Broken) as caught:
            await other.coverage()
    assert caught.value.code == "SCHEMA_NEWER"
    await ask(neo4j_server, "MATCH (g:Tracehold) SET g.version = 0")
    async with opened(neo4j_server) as other:
        assert dict(await other.coverage()) == {}
        assert await names(other, "a") == []


async def test_emptying_that_was_interrupted_goes_on(graph, neo4j_server):
    """A crash in the middle of `clear`: what is left is no graph."""
    await graph.add(step(made("m", "a", "b")))
    await ask(neo4j_server, "MATCH (g:Tracehold) SET g.emptying = true")
    async with opened(neo4j_server) as other:
        assert dict(await other.coverage()) == {}
    await graph.add(step(made("m", "a", "b")))
    assert await names(graph, "a") == ["m"]


async def test_a_database_that_somebody_emptied_is_filled_again(graph, neo4j_server):
    """Under a node that runs: the next write finds it bare and begins anew."""
    await graph.add(step(made("m", "a", "b")))
    await ask(neo4j_server, "MATCH (n) DETACH DELETE n")
    assert dict(await graph.coverage()) == {}
    await graph.add(step(made("m", "a", "b")))
    assert await names(graph, "a") == ["m"]
    assert await ask(neo4j_server, "MATCH (g:Tracehold) RETURN g.version, g.emptying") == [
        [schema.VERSION, False]
    ]


async def test_two_writers_make_no_doubles(graph, neo4j_server):
    """Two processes, for an instant after a restart: the same steps at once, and steps of two logs."""
    async with opened(neo4j_server) as other:
        steps = [step(*(made(f"{n}-{k}", "ab", f"{k}") for k in range(20)), start=20 * n) for n in range(6)]
        await asyncio.gather(*(each.add(one) for one in steps for each in (graph, other)))
        await asyncio.gather(
            graph.add(step(made("x", "a", "z"))), other.add(step(made("x", "a", "z"), log=TWO))
        )
    assert await ask(
        neo4j_server, "MATCH (e:Event) WHERE e.fingerprint <> $x RETURN count(e)", x=of("x")
    ) == [[120]]
    assert await ask(neo4j_server, "MATCH (i:Item) RETURN count(i) = count(DISTINCT i.id)") == [[True]]
    met = "MATCH (:Item {id: 'a'})-[r]-(e) RETURN count(r), count(DISTINCT e)"
    assert await ask(neo4j_server, met) == [[121, 121]]
    assert (await graph.coverage())[ONE] == ((0, 120),)


BOUNDS = {"at": 9, "known": 9, "ever": 9, "most": 100}
KEY = {"t": 1, "issuer": "x", "hash": "h"}
READS: dict[str, tuple[str, dict[str, Any]]] = {
    "by item": (queries.BY_ITEM, {"names": ["a"]}),
    "by transformation": (queries.BY_TRANSFORMATION, {"names": ["t"]}),
    "by event id": (queries.BY_EVENT_ID, {"names": ["e"]}),
    "bodies": (queries.BODIES, {"events": ["00"]}),
    "master data": (queries.MASTERDATA, {"id": "urn:x:mill"}),
    "present": (writes.PRESENT, {"fingerprints": ["00"]}),
    "overlapping": (writes.OVERLAPPING, {"log": "00", "start": 0, "stop": 9}),
    "date": (writes.DATE, {"rows": [{"log": "00", "start": 0, "stop": 9, "known_ms": 1}]}),
    "versions": (writes.VERSIONS, {"rows": [{"log": "00", "at": 0, "id": "x"}]}),
    **{f"declarations by {kind}": (each, {"keys": [KEY]}) for kind, each in withdrawing.DECLARATIONS.items()},
    **{f"meant by {kind}": (each, {"keys": [KEY]}) for kind, each in withdrawing.MEANT.items()},
    "namesakes": (withdrawing.NAMESAKES, {"ids": ["e"]}),
    "above": (reach.along(64), {"names": ["a"], **BOUNDS}),
    "runs": (reach.RUNS, {"names": ["a"], **BOUNDS}),
    "put in": (reach.PUT_IN, {"runs": ["t"], **BOUNDS}),
    "of pieces": (reach.OF_PIECES, {"names": ["a"], **BOUNDS}),
    "lots": (reach.LOTS, {"names": ["a"], **BOUNDS}),
    "uses": (reach.USES, {"names": ["a"], **BOUNDS}),
    "ever in": (reach.EVER_IN, {"names": ["a"], **BOUNDS}),
    "inside": (reach.INSIDE, {"rows": [{"id": "a", "t": 1}], **BOUNDS}),
    "around": (reach.AROUND, {"rows": [{"id": "a", "start": 0, "stop": 9}], **BOUNDS}),
    "items": (relating.ITEMS, {"rows": [{"id": "a", "level": "lot"}]}),
    "apart": (relating.APART, {"events": ["00"]}),
}


@pytest.mark.parametrize("name", READS)
async def test_statements_search_and_never_scan(graph, neo4j_server, name):
    """With rows: the server begins at an index, whatever its statistics say."""
    many = (made(f"f{at}", f"{at % 10}", "z", transformation_id=f"t{at % 7}") for at in range(500))
    await graph.add(step(*many, said=tuple(version(f"v{at}", f"i{at}") for at in range(50))))
    await graph.set_known(ONE, [Known(0, 300, 5)])
    statement, parameters = READS[name]
    at = login(neo4j_server)
    trusted = ssl.create_default_context(cafile=at.certificate)
    async with (
        neo4j.AsyncGraphDatabase.driver(at.uri, auth=(at.user, at.password), ssl_context=trusted) as driver,
        driver.session() as session,
    ):
        summary = await (await session.run(f"EXPLAIN {statement}", parameters)).consume()
    operators = set(flattened(summary.plan))
    assert not [
        each
        for each in operators
        if "AllNodes" in each or "LabelScan" in each or "LabelsScan" in each or "IndexScan" in each
    ]
    assert [each for each in operators if "IndexSeek" in each]


def flattened(plan) -> list[str]:
    """Names of all operators of a plan."""
    return [plan["operatorType"], *(name for child in plan.get("children", []) for name in flattened(child))]


async def test_a_large_step_and_a_large_answer(graph):
    """Ten thousand entries in one step; master data and known times within it."""
    facts = [made(f"f{at}", "a", str(at % 100), known_ms=at) for at in range(4_000)]
    await graph.add(Indexed(ONE, 0, 10_000, list(enumerate(facts)), [(9_999, version("v"))]))
    await graph.set_known(ONE, [Known(at, at + 100, 10_000 + at) for at in range(0, 10_000, 100)])
    found = await graph.facts(["a"])
    assert len(found) == 4_000
    assert {each.known_ms for each in found} == {10_000 + at for at in range(0, 4_000, 100)}
