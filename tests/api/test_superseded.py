"""What the API says of superseded records: the record itself, its state, and traces."""

from dataclasses import replace
from typing import Any

from tests.api.face import Face
from tests.journey.network import FARM, force, made, pointed
from tests.journey.scene import NETWORK, SALTS
from tracehold.core.ids import Fingerprint
from tracehold.core.record import event_header, parse, sign
from tracehold.journey.ports.followed import Superseded

WRONG, RIGHT = (made([item], ["urn:x:flour"], 10) for item in ("urn:x:sand", "urn:x:grain"))


async def replaced(face: Face, *, named: bool = True) -> tuple[Fingerprint, Fingerprint]:
    """A record of the farm, and the one that the chain says is in its place, which names it or not."""
    (outcome,) = await face.node.say(WRONG, party=FARM)
    wrong = outcome.fingerprint
    assert wrong is not None
    key = face.node.sealer.own.identity.key
    header = event_header(key.public, FARM, NETWORK, 1_790_000_000, SALTS(16))
    raw = sign(replace(header, supersedes=wrong if named else None), RIGHT, key)
    await force(face.node, raw)
    await face.node.finish()
    right = parse(raw).fingerprint
    await pointed(face.node, Superseded(1, wrong, right), at=1_800_000_000)
    return wrong, right


async def told(face: Face, name: Fingerprint) -> tuple[Any, Any]:
    """What the record and its state say of that."""
    record = (await face.get(f"/v1/records/{name.hex()}", "reader")).json()["record"]
    states = (await face.post("/v1/records:states", {"fingerprints": [name.hex()]}, "reader")).json()
    return record.get("superseded"), states["states"][0].get("superseded")


async def test_a_record_says_by_what_it_is_superseded(face: Face) -> None:
    """With the node that says so and its block; the one in its place says nothing of the kind."""
    wrong, right = await replaced(face)
    said = {
        "replacement": right.hex(),
        "honoured": True,
        "node": 1,
        "blockHash": "00" * 32,
        "at": "2027-01-15T08:00:00Z",
    }
    record, state = await told(face, wrong)
    assert record == state
    assert {name: record[name] for name in said} == said
    assert not record.get("claim")
    assert await told(face, right) == (None, None)
    body = {"item": "urn:x:flour", "direction": "DIRECTION_UPSTREAM"}
    answer = (await face.post("/v1/trace", body, "reader")).json()
    assert [item["item"] for item in answer["items"]] == ["urn:x:grain"]
    assert [event["flags"] for event in answer["events"]] == [["SUPERSEDES"]]


async def test_a_claim_says_why_it_is_one(face: Face) -> None:
    """The replacement does not name the record: it stays in answers, flagged."""
    wrong, _ = await replaced(face, named=False)
    for said in await told(face, wrong):
        assert (said.get("honoured", False), said["claim"]) == (False, "NOT_NAMED")
    body = {"item": "urn:x:flour", "direction": "DIRECTION_UPSTREAM"}
    answer = (await face.post("/v1/trace", body, "reader")).json()
    assert sorted(item["item"] for item in answer["items"]) == ["urn:x:grain", "urn:x:sand"]
    flags = {event["fingerprint"]: event.get("flags", []) for event in answer["events"]}
    assert flags.pop(wrong.hex()) == ["SUPERSEDE_CLAIMED"]
    assert list(flags.values()) == [[]]
