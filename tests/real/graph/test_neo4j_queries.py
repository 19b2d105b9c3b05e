"""The queries of docs/graph.md, as an analyst would paste them."""

import re

import pytest

from tests.neo4j_servers import ask, opened
from tests.ports.graphs import fact, step, version
from tests.tooling.tree import ROOT
from tracehold.adapters.neo4j_graph.schema import LABELS
from tracehold.adapters.neo4j_graph.vertices import WAYS
from tracehold.core.epcis import Action, EventType
from tracehold.core.lineage import Quantity

pytestmark = pytest.mark.real

PAGE = (ROOT / "docs" / "graph.md").read_text()
QUERIES = re.findall(r"^([^\n]+):\n\n```cypher\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)


def amount(item: str, kilograms: float) -> Quantity:
    """So much of a lot."""
    return Quantity(item, kilograms, "KGM")


STORY = (
    fact("mill", type=EventType.TRANSFORMATION, action=None, instant=10, place="mill", step="milling",
         inputs=(amount("wheat", 100),), outputs=(amount("flour", 80),)),
    fact("bake", type=EventType.TRANSFORMATION, action=None, instant=20, place="bakery",
         inputs=(amount("flour", 10),), outputs=(amount("bread", 12), amount("rolls", 4)),
         parties=frozenset({"urn:x:shop"})),
    fact("pack", type=EventType.AGGREGATION, action=Action.ADD, instant=30, parent="pallet",
         children=(amount("bread", 12),)),
    fact("wrong", type=EventType.AGGREGATION, action=Action.ADD, instant=31, parent="pallet", event_id="e",
         children=(amount("rolls", 4),)),
    fact("sorry", type=EventType.AGGREGATION, action=Action.ADD, instant=31, parent="pallet", event_id="e",
         children=(amount("rolls", 4),), declares_error=True),
)  # fmt: skip

PARAMETERS = {
    "item": "bread",
    "items": ["bread", "rolls"],
    "place": "mill",
    "uom": "KGM",
    "before": 25,
    "id": "urn:x:mill",
}


@pytest.fixture
async def story(neo4j_server):
    """Wheat, flour, bread on a pallet, and rolls that were never on it."""
    async with opened(neo4j_server) as graph:
        await graph.clear()
        await graph.add(step(*STORY, said=(version("old", known_ms=1), version("new", known_ms=2))))
    return neo4j_server


async def answers(server, title: str, **other) -> list[list]:
    """What the query under this title answers."""
    (text,) = [text for begins, text in QUERIES if begins.startswith(title)]
    return await ask(server, text, **{**PARAMETERS, **other})


async def test_there_are_ten_and_each_has_an_answer(story):
    """None is empty on a story in which everything happens."""
    assert len(QUERIES) == 10
    for title, text in QUERIES:
        item = "pallet" if title.startswith("What was packed") else "wheat" if "became" in title else "bread"
        assert await ask(story, text, **{**PARAMETERS, "item": item}), title


async def test_they_answer_what_their_titles_say(story):
    """Without the rolls on the pallet, which were taken back."""
    assert sorted(await answers(story, "What an item was made of")) == [["flour"], ["wheat"]]
    assert sorted(await answers(story, "What became", item="wheat")) == [["bread"], ["flour"], ["rolls"]]
    assert sorted(await answers(story, "Ancestors")) == [["flour"], ["wheat"]]
    assert sorted(await answers(story, "Places and parties")) == [
        ["Location", "bakery"], ["Participant", "urn:x:shop"]
    ]  # fmt: skip
    assert [row[1] for row in await answers(story, "The life", item="bread")] == ["OUTPUT", "CHILD_IN"]
    assert [row[1:] for row in await answers(story, "Yield")] == [[100.0, 80.0, 0.8]]
    assert sorted(await answers(story, "Items seen last")) == [["flour", 20], ["rolls", 20], ["wheat", 10]]
    assert await answers(story, "Who takes back") == [["urn:x:farm", 5, 1]]
    assert await answers(story, "What was packed", item="pallet") == [[30, "ADD", "bread", 12.0, "KGM"]]
    assert [bytes(row[2]) for row in await answers(story, "Latest master data")] == [version("new").payload]


async def test_the_page_names_what_there_is():
    """Every label and every type of relationship, so that the interface is the documented one."""
    assert [each for each in (*LABELS, *WAYS, "DESCRIBED_BY", "TAKES_BACK") if each not in PAGE] == []


async def test_what_stands_on_the_server_is_named_on_the_page(story):
    """No label, type or property of ours that analysts would have to guess."""
    for query in ("CALL db.labels()", "CALL db.relationshipTypes()"):
        kept = [name for (name,) in await ask(story, query)]
        assert [name for name in kept if f"{name}" not in PAGE and name not in {"Entry", "COPY"}] == []
