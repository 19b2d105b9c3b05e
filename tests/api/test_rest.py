"""What only REST has: bodies, routes, headers, health, metrics, the OpenAPI document."""

import json
from typing import Any

import pytest

from tests.api.face import Face, face

TRACE = {"item": "urn:x:y", "direction": "UPSTREAM"}


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        (b"{", "MALFORMED_JSON", ""),
        (b'{"item":"a","item":"b"}', "MALFORMED_JSON", ""),
        (b'{"item":"urn:x:y","direction":"UPSTREAM","maxDepth":NaN}', "MALFORMED_JSON", ""),
        (b"\xff", "MALFORMED_JSON", ""),
        (b"[]", "BAD_REQUEST", ""),
        (b"null", "BAD_REQUEST", ""),
        (b'{"itme":"urn:x:y"}', "BAD_REQUEST", "/itme"),
        (b'{"item":"urn:x:y"}', "BAD_REQUEST", "/direction"),
        (b'{"item":"urn:x:y","direction":"SIDEWAYS"}', "BAD_REQUEST", "/direction"),
        (b'{"item":"urn:x:y","direction":1}', "BAD_REQUEST", "/direction"),
        (b'{"item":7,"direction":"UPSTREAM"}', "BAD_REQUEST", "/item"),
        (b'{"item":"urn:x:y","direction":"UPSTREAM","maxDepth":-1}', "BAD_REQUEST", "/maxDepth"),
        (b'{"item":"urn:x:y","direction":"UPSTREAM","maxDepth":1001}', "BAD_REQUEST", "/maxDepth"),
        (b'{"item":"urn:x:y","direction":"UPSTREAM","at":"yesterday"}', "BAD_TIME", "/at"),
        (b'{"item":"urn:x:y","direction":"UPSTREAM","at":"2026-01-01T00:00:00"}', "BAD_TIME", "/at"),
        (b'{"item":"urn:x:y","direction":"UPSTREAM","strictTime":"yes"}', "BAD_REQUEST", "/strictTime"),
        (b'{"item":"javascript:alert(1)","direction":"UPSTREAM"}', "BAD_URI", None),
    ],
)
async def test_bad_bodies_are_refused_with_a_path(face: Face, body: bytes, code: str, path: str | None):
    """Whatever is wrong with a body is said with the field's place; nothing of it is guessed."""
    response = await face.post("/v1/trace", content=body, headers={"content-type": "application/json"})
    problem = response.json()
    assert (response.status_code, problem["code"]) == (400, code)
    assert response.headers["content-type"] == "application/problem+json"
    if path is not None:
        assert problem["path"] == path


@pytest.mark.parametrize("direction", ["UPSTREAM", "DIRECTION_UPSTREAM"])
async def test_enum_words_are_read_with_and_without_prefix(face: Face, direction: str):
    """Clients generated from the protos send the long word, people the short one."""
    response = await face.post("/v1/trace", {"item": "urn:x:y", "direction": direction})
    assert response.status_code == 200


@pytest.mark.parametrize(
    "zone", ["2026-03-01T12:00:00Z", "2026-03-01T13:00:00+01:00", "2026-03-01t12:00:00.000z"]
)
async def test_times_are_read_in_any_zone(face: Face, zone: str):
    """RFC 3339 in any spelling is one instant."""
    response = await face.post("/v1/trace", {**TRACE, "at": zone, "knownAt": zone})
    assert response.status_code == 200


async def test_body_over_the_ceiling_is_refused_before_it_is_read(face: Face):
    """A trace request cannot hold a megabyte, so a megabyte is not parsed: announced or streamed."""
    body = json.dumps({"item": "x" * (1 << 20)}).encode()

    async def pieces():
        for start in range(0, len(body), 1 << 16):
            yield body[start : start + (1 << 16)]

    for content in (body, pieces()):
        response = await face.post("/v1/trace", content=content, headers={"content-type": "application/json"})
        assert (response.status_code, response.json()["code"]) == (413, "REQUEST_TOO_LARGE")


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"]
)
async def test_other_media_types_are_refused(face: Face, media: str):
    """A form of another site cannot be mistaken for a request of ours."""
    response = await face.post("/v1/trace", content=b"{}", headers={"content-type": media})
    assert response.status_code == 415


async def test_charset_after_the_media_type_is_taken(face: Face):
    """`application/json; charset=utf-8` is JSON."""
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    response = await face.post("/v1/trace", content=json.dumps(TRACE).encode(), headers=headers)
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/trace", 405),
        ("DELETE", "/v1/records/" + "0" * 64, 405),
        ("GET", "/v1/records:locate:more", 404),
        ("POST", "/v1/records:unknown", 404),
        ("GET", "/v1/records/../../etc/passwd", 404),
        ("GET", "/v1/status/", 404),
    ],
)
async def test_what_the_router_refuses_is_a_problem_too(face: Face, method: str, path: str, status: int):
    """404 and 405 come as problem+json, like every other error."""
    async with face.rest() as client:
        response = await client.request(method, path)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.status_code == status
    assert response.json()["status"] == status
    assert response.json()["requestId"] == response.headers["x-request-id"]


@pytest.mark.parametrize("query", ["?page=1", "?fingerprint=" + "0" * 64])
async def test_unknown_query_parameters_are_refused(face: Face, query: str):
    """A parameter that does nothing would be believed to do something."""
    response = await face.get("/v1/records/" + "0" * 64 + query)
    assert (response.status_code, response.json()["code"]) == (400, "BAD_REQUEST")
    assert (await face.post("/v1/trace" + query, TRACE)).status_code == 400


@pytest.mark.parametrize("name", ["0" * 63, "0" * 65, "G" * 64, "A" * 64, "%20" * 10])
async def test_fingerprint_in_the_path_must_be_one(face: Face, name: str):
    """64 lowercase hexadecimal digits, and nothing else."""
    response = await face.get(f"/v1/records/{name}")
    assert (response.status_code, response.json()["path"]) == (400, "/fingerprint")


async def test_unknown_fingerprint_is_not_found(face: Face):
    """A record that is not here is 404, with and without a token."""
    for who in (None, "authority"):
        assert (await face.get("/v1/records/" + "0" * 64, who)).status_code == 404
        assert (await face.get("/v1/records/" + "0" * 64 + "/receipt", who)).status_code == 404


async def test_every_answer_carries_security_headers_and_an_id(face: Face):
    """Answers are not cached, framed, sniffed or run, whatever they are."""
    for path in ("/healthz", "/v1/status", "/nowhere", "/openapi.json", "/metrics"):
        headers = (await face.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["cache-control"] == "no-store"
        assert headers["x-request-id"]
        assert "server" not in headers


async def test_other_origins_are_let_in_only_where_configured(face: Face, tmp_path):
    """CORS is off; a configured origin alone is answered with leave."""
    async with face.rest(origin="https://shop.example") as client:
        assert "access-control-allow-origin" not in (await client.get("/healthz")).headers
    (tmp_path / "other").mkdir()
    async with face_with_cors(tmp_path / "other") as open_to_shop:
        for origin, let_in in (("https://shop.example", True), ("https://evil.example", False)):
            async with open_to_shop.rest(origin=origin) as client:
                headers = (await client.get("/healthz")).headers
            assert ("access-control-allow-origin" in headers) is let_in


def face_with_cors(folder) -> Any:
    """An API that one origin may call."""
    return face(folder, cors=("https://shop.example",))
