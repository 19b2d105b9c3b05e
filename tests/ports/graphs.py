"""Facts, steps and versions with short names, for tests of graphs."""

from tracehold.core.epcis import Action, EventType
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import Fact, Quantity
from tracehold.journey.ports import Graph, Indexed, MasterDataVersion

ONE, TWO = LogId(b"1" * 32), LogId(b"2" * 32)


def fact(name: str, **fields) -> Fact:
    """A fact whose fingerprint follows from `name`."""
    plain = {"issuer": "urn:x:farm", "instant": 5, "type": EventType.OBJECT, "action": Action.OBSERVE}
    return Fact(Fingerprint(name.encode().ljust(32, b".")), **{**plain, **fields})


def made(name: str, inputs: str, outputs: str, **fields) -> Fact:
    """A transformation of single pieces named by letters."""
    return fact(
        name,
        type=EventType.TRANSFORMATION,
        action=None,
        inputs=tuple(Quantity(item, piece=True) for item in inputs),
        outputs=tuple(Quantity(item, piece=True) for item in outputs),
        **fields,
    )


def version(name: str, id: str = "urn:x:mill", known_ms: int | None = 1) -> MasterDataVersion:
    """Something said about `id` by a record called `name`."""
    fingerprint = Fingerprint(name.encode().ljust(32, b"."))
    return MasterDataVersion(id, "urn:x:type", "urn:x:farm", fingerprint, "network", b"{}", known_ms)


def step(*facts: Fact, log: LogId = ONE, start: int = 0, said: tuple[MasterDataVersion, ...] = ()) -> Indexed:
    """One step with these facts, then these versions, in adjacent entries."""
    stop = start + len(facts) + len(said)
    return Indexed(
        log,
        start,
        stop,
        list(enumerate(facts, start)),
        list(enumerate(said, start + len(facts))),
    )


async def names(graph: Graph, *items: str, transformations: tuple[str, ...] = ()) -> list[str]:
    """Names of the facts found, sorted."""
    found = await graph.facts(items, transformations)
    return sorted(fact.fingerprint.rstrip(b".").decode() for fact in found)
