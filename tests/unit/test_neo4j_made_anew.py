"""A graph of another version on a server: emptied and made again, wherever that is interrupted."""

from typing import Any

import pytest

from tracehold.adapters.neo4j_graph import Neo4jGraph, Server, schema
from tracehold.core.errors import Unavailable


class Database:
    """What the statements of preparing do to a database, as far as their order matters; fails once after
    `steps`.
    """

    def __init__(self, version: int | None, steps: int = 10**6) -> None:
        self.standing: list[int] | None = None if version is None else [version, False]
        self.own = self.shared = version is not None
        self.constraints = {"tracehold_old"} if version is not None else set[str]()
        self.steps = steps

    async def run(
        self, statement: str, parameters: dict[str, object] | None = None, *, limited: bool = True
    ) -> list[list[Any]]:
        """As `Connection.run`."""
        self.steps -= 1
        if not self.steps:
            raise Unavailable("GRAPH_DOWN", "the line was cut")
        if statement == schema.STANDING:
            return [self.standing] if self.standing else []
        if statement == schema.CONSTRAINTS:
            return [[name] for name in sorted(self.constraints)]
        if statement == schema.BEGIN_ANEW and self.standing:
            self.standing = [schema.VERSION, True]
        elif statement in schema.EMPTY:
            self.delete(statement, limited)
        elif statement.startswith("DROP CONSTRAINT"):
            self.constraints.discard(statement.split()[2])
        elif statement.startswith("CREATE"):
            assert not self.own, "an index is made over what goes"
            self.constraints.add(statement.split()[2])
        elif statement == schema.FOUND:
            assert len(self.constraints) > 1, "a MERGE that nothing guards"
            self.standing = [schema.VERSION, bool(parameters and parameters["emptying"])]
        return []

    def delete(self, statement: str, limited: bool) -> None:
        """One part of the vertices."""
        assert not limited, "as long as it takes"
        if ":Event" in statement:
            assert self.standing is None or self.standing[1], "readers would see half of a graph"
            self.own = False
        else:
            assert not self.own, "a party goes with a million of relationships"
            self.shared = False


def graph_on(database: Database) -> Neo4jGraph:
    """The adapter."""
    graph = Neo4jGraph(Server("bolt://127.0.0.1:1", "neo4j", "x", None))
    graph._connection = database  # type: ignore[assignment]
    return graph


@pytest.mark.parametrize("version", [None, schema.VERSION - 1])
@pytest.mark.parametrize("steps", [*range(2, 30), 10**6])
async def test_it_is_made_again_wherever_it_was_interrupted(version: int | None, steps: int):
    """By the same node or by one that was started again."""
    database = Database(version, steps)
    try:
        await graph_on(database)._ready()
    except Unavailable:
        await graph_on(database)._ready()
    assert database.standing == [schema.VERSION, False]
    assert (database.own, database.shared) == (False, False)
    assert "tracehold_old" not in database.constraints
    assert len(database.constraints) == len(schema.KEYS) + len(schema.INDEXES)


async def test_a_graph_of_this_version_stays_as_it_is():
    """Nothing is asked but how it stands."""
    database = Database(schema.VERSION)
    await graph_on(database)._ready()
    assert database.own
    assert database.constraints == {"tracehold_old"}


def test_every_label_is_deleted_but_that_of_the_graph_itself():
    """In one of the two parts."""
    for label in schema.LABELS:
        parts = [part for part in schema.EMPTY if f":{label}" in part or f"|{label}" in part]
        assert len(parts) == (0 if label == "Tracehold" else 1), label
