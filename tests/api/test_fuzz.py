"""Requests that nobody thought of: whatever comes, the node answers by its own document and never with a
fault.
"""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.documents import document
from tests.api.face import Face
from tests.journey.network import begun, made, packed
from tracehold.api.rest import openapi_document

DOCUMENT = json.loads(openapi_document())
LOT, MEAL = "https://id.gs1.org/01/09521000001237/10/A", "https://id.gs1.org/01/09521000001244/10/B"
NASTY: list[Any] = [
    None,
    True,
    0,
    -1,
    1 << 31,
    1 << 64,
    10**308,
    1.5,
    "",
    " ",
    "\x00",
    "x" * 2_000,
    "javascript:alert(1)",
    "urn:epc:id:sgtin:9521000.000123.7",
    LOT,
    "(01)09521000001237(10)A",
    "https://id.gs1.org/01/09521000001238",
    "2026-03-01T10:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "0001-01-01T00:00:00Z",
    "UPSTREAM",
    "FULL",
    "0" * 64,
    "AAAA",
    "\U0001f33e",
    [],
    {},
    [[[]]],
    {"a": {"b": []}},
]
POSTS = [
    path
    for path, item in DOCUMENT["paths"].items()
    if path.startswith("/v1/")
    and "application/json" in item.get("post", {}).get("requestBody", {}).get("content", {})
]


def schema(path: str) -> dict[str, Any]:
    """The schema of what a POST takes."""
    reference = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"][
        "$ref"
    ]
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]]
    return found


GOOD: dict[str, Any] = {
    "item": LOT,
    "direction": "UPSTREAM",
    "fingerprints": ["0" * 64],
    "fingerprint": "0" * 64,
    "at": "2026-03-01T12:00:00+01:00",
    "items": [LOT, MEAL],
    "trace": {"item": LOT, "direction": "UPSTREAM"},
    "comparedWith": "2026-03-01T12:00:00+01:00",
}


def bodies(path: str, count: int) -> Iterator[dict[str, Any]]:
    """Requests as they should be, with up to two fields as they should not."""
    chance = random.Random(path)
    fields = list(schema(path)["properties"])
    for _ in range(count):
        body = {name: GOOD[name] for name in fields if name in GOOD}
        for name in chance.sample(fields, chance.randint(0, min(2, len(fields)))):
            body[name] = chance.choice(NASTY)
        yield body


async def told_of(face: Face, response: Any) -> None:
    """Every refusal is a problem whose code is in the document; nothing was a fault."""
    assert face.faults == []
    if response.status_code >= 300:
        assert response.status_code < 500, response.text
        assert response.headers["content-type"] == "application/problem+json"
        assert (
            response.json()["code"]
            in DOCUMENT["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
        )


@pytest.mark.parametrize("path", POSTS)
async def test_no_request_is_a_fault(face: Face, path: str):
    """60 odd requests to each address, on a node that holds something."""
    await face.node.say(
        begun(LOT, 1), made([LOT], [MEAL], 2), packed("urn:epc:id:sscc:9521000.0000000017", [MEAL], 3)
    )
    await face.node.finish()
    answered = 0
    for body in bodies(path, 60):
        response = await face.post(path, body, "authority")
        await told_of(face, response)
        answered += response.status_code == 200
        if response.status_code == 200:
            required = DOCUMENT["paths"][path]["post"]["responses"]["200"]["content"]["application/json"][
                "schema"
            ]
            named = DOCUMENT["components"]["schemas"][required["$ref"].rpartition("/")[2]]
            assert set(named["required"]) <= set(response.json()) <= set(named["properties"])
    assert answered or path == "/v1/records:verify"


@pytest.mark.parametrize("start", ["/v1/records/", "/v1/masterdata/", "/capture/"])
async def test_no_address_is_a_fault(face: Face, start: str):
    """Identifiers in the path are text from outside like any other."""
    for value in NASTY:
        text = value if isinstance(value, str) else json.dumps(value)
        quoted = "".join(f"%{byte:02X}" for byte in text.encode())
        for end in ("", "/receipt"):
            await told_of(face, await face.get(start + quoted + end, "authority"))


def spoiled(body: Any, chance: random.Random) -> Any:
    """The document with one value, somewhere in it, replaced or taken away."""
    holders: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        pairs = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for key, inner in pairs:
            holders.append((value, key))
            walk(inner)

    walk(body)
    holder, key = chance.choice(holders)
    if chance.random() < 0.3:
        del holder[key]
    else:
        holder[key] = chance.choice(NASTY)
    return body


async def test_no_document_is_a_fault(face: Face):
    """120 documents, each with something odd in it: refused with a code, or taken with a job that ends."""
    chance = random.Random(7)
    taken = 0
    for number in range(120):
        good = document(begun(LOT, number), made([LOT], [MEAL], number), names=("Silo", "Mill"))
        headers = {"GS1-Capture-Error-Behaviour": chance.choice(["rollback", "proceed"])}
        response = await face.post("/capture", spoiled(good, chance), "farm", headers=headers)
        await told_of(face, response)
        if response.status_code == 202:
            job = (await face.get(response.headers["location"], "farm")).json()
            taken += 1
            assert job["running"] is False
            assert job["success"] is (job["errors"] == [])
            assert {error["path"][:1] for error in job["errors"]} <= {"/"}
    assert taken > 20
