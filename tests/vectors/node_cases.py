"""Node records: what a node says of itself, and what is none."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.logs import MILL_KEY, NETWORK, NODE_KEY, OPERATOR, STRANGER_KEY, Log, header
from tracehold.core import cbor, record
from tracehold.core.header import Audience, Kind
from tracehold.core.ids import NetworkId
from tracehold.core.keys import SigningKey

Case = tuple[str, dict[str, Any]]

FIELDS: dict[int, Any] = {
    1: NODE_KEY.public.cose_key(),
    2: bytes(Log().id),
    3: "node.example:7443",
    4: "node.example:7444",
    5: "https://node.example",
    6: bytes.fromhex("30820100"),
    7: bytes.fromhex("02593b1569c3ba37ed935426f389c21671effe24"),
    8: "",
}


def nodes() -> Iterator[Case]:
    """A good one is read under its own key, in its network."""
    good = _record(FIELDS)
    said = {str(key): value.hex() if isinstance(value, bytes) else value for key, value in FIELDS.items()}
    yield "nodes/node", {**_case("A node of the operator.", good), "operator": OPERATOR, "payload": said}
    quiet = {**FIELDS, 3: "", 4: "", 5: "", 6: b""}
    said = {str(key): value.hex() if isinstance(value, bytes) else value for key, value in quiet.items()}
    case = _case("A node that nobody can reach.", _record(quiet))
    yield "nodes/unreachable", {**case, "operator": OPERATOR, "payload": said}
    other = _record(FIELDS, network=NetworkId(bytes(32)))
    yield _bad("other-network", "Of another network.", other, "WRONG_NETWORK")
    event = record.sign(header(NODE_KEY, OPERATOR), cbor.encode(FIELDS), NODE_KEY)
    yield _bad("event", "The same payload in an event.", event, "BAD_CONTROL")
    yield _bad("other-key", "Signed by another key.", _record(FIELDS, STRANGER_KEY), "BAD_SIGNATURE")
    p256 = _record({**FIELDS, 1: MILL_KEY.public.cose_key()}, MILL_KEY)
    yield _bad("p256", "A node key is Ed25519.", p256, "BAD_CONTROL")
    quiet_one = record.sign(header(NODE_KEY, OPERATOR, Kind.NODE), cbor.encode(FIELDS), NODE_KEY)
    yield _bad("audience", "For the network only.", quiet_one, "BAD_CONTROL")
    for name, why, changes in (
        ("no-key", "Bytes that are no key.", {1: bytes(32)}),
        ("short-log", "A log id of 31 bytes.", {2: bytes(31)}),
        ("space", "An endpoint with a space.", {3: "node.example 7443"}),
        ("long-endpoint", "An endpoint of 513 characters.", {5: "h" * 513}),
        ("long-leaf", "A certificate of 1,025 bytes.", {6: bytes(1025)}),
        ("short-account", "An account of 19 bytes.", {7: bytes(19)}),
        ("more", "A ninth field.", {9: 1}),
    ):
        yield _bad(name, why, _record({**FIELDS, **changes}), "BAD_CONTROL")
    without = {key: value for key, value in FIELDS.items() if key != 8}
    yield _bad("fewer", "No enode.", _record(without), "BAD_CONTROL")


def _record(fields: dict[int, Any], key: SigningKey = NODE_KEY, network: NetworkId = NETWORK) -> bytes:
    said = replace(header(key, OPERATOR, Kind.NODE, network=network), audience=Audience.PUBLIC)
    return record.sign(said, cbor.encode(fields), key)


def _case(description: str, raw: bytes) -> dict[str, Any]:
    return {"description": description, "record": raw.hex(), "network": NETWORK.hex()}


def _bad(name: str, description: str, raw: bytes, code: str) -> Case:
    return f"nodes/{name}_fail", {**_case(description, raw), "code": code}
