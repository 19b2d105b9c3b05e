"""What operators and their tools see: health, metrics, headers, the OpenAPI document, the listener."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.face import Face
from tests.api.face import face as open_face
from tracehold.api.rest_server import RestServer, RestSettings
from tracehold.core.errors import Rejected, Unavailable

TRACE = {"item": "urn:x:y", "direction": "UPSTREAM"}


async def test_ready_names_the_part_that_is_down(face: Face):
    """The chain down: 503, with the chain's line; the process itself is healthy."""
    assert (await face.get("/readyz")).json() == {
        "ready": True,
        "checks": {"log": {"ok": True}, "ledger": {"ok": True}},
    }

    async def down() -> None:
        raise Unavailable("CHAIN_DOWN", "the chain does not answer")

    face.checks["ledger"] = down
    response = await face.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["log"] == {"ok": True}
    assert response.json()["checks"]["ledger"]["code"] == "CHAIN_DOWN"
    assert (await face.get("/healthz")).status_code == 200


async def test_ready_keeps_the_text_of_an_unexpected_error(face: Face):
    """A check that fails oddly is down; its text stays inside."""

    async def odd() -> None:
        raise OSError("/secret/path")

    face.checks["log"] = odd
    response = await face.get("/readyz")
    assert response.status_code == 503
    assert "/secret/path" not in response.text


async def test_metrics_count_calls_and_show_the_log(face: Face):
    """The page has calls by outcome, the size of the log, and no series per request."""
    await face.post("/v1/trace", TRACE)
    await face.get("/v1/records/" + "0" * 64)
    await face.get("/v1/records/" + "1" * 64)
    await face.get("/nowhere")
    async with face.channel() as channel:
        status: Any = channel.unary_unary("/tracehold.v1.VerifyService/GetStatus")
        await status(b"")
    page = (await face.get("/metrics")).text
    assert 'http_requests_total{route="/v1/trace",status="200"} 1.0' in page
    assert 'http_requests_total{route="/v1/records/{fingerprint}",status="404"} 2.0' in page
    assert 'http_requests_total{route="unmatched",status="404"} 1.0' in page
    handled = r'grpc_server_handled_total\{.*grpc_code="OK".*grpc_method="GetStatus".*\} 1\.0'
    assert re.search(handled, page)
    assert f"tracehold_sealed {float(await face.node.store.size(face.node.log))}" in page


async def test_every_request_has_one_id_in_answer_and_log(tmp_path: Path):
    """What a caller quotes is what the operator finds, for answers and refusals alike."""
    async with open_face(tmp_path, sample=1) as face:
        asked = [("/v1/status", None), ("/v1/records/x", None), ("/capture", "farm"), ("/capture", None)]
        answers = [await face.get(path, who) for path, who in asked]
        assert [line["request_id"] for line in face.lines.parsed()] == [
            answer.headers["x-request-id"] for answer in answers
        ]
        assert [line["event"] for line in face.lines.parsed()] == ["call", "call_refused"] * 2
        assert len({answer.headers["x-request-id"] for answer in answers}) == 4


async def test_openapi_document_names_every_route(face: Face):
    """The committed document is served, and it knows exactly the addresses that are routed."""
    document = (await face.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    described = {
        (verb.upper(), re.sub(r"\{\w+\}", "{}", path))
        for path, item in document["paths"].items()
        for verb in item
    }
    bound = {
        (one.method.binding.verb, re.sub(r"\{[^}]*\}", "{}", one.method.binding.template))
        for one in face.served
        if one.method.binding
    }
    bound |= {
        (method, re.sub(r"\{[^}]*\}", "{}", route.path))
        for route in face.desk.routes()
        for method in route.methods or ()
        if method != "HEAD"
    }
    plain = ("/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/records/{}/attachments/{}")
    by_hand = {("GET", path) for path in plain}
    by_hand |= {("POST", "/v1/attachments"), ("GET", "/v1/attachments/{}")}
    assert described == bound - {("OPTIONS", "/capture/{}")} | by_hand


async def test_openapi_document_refers_only_to_what_it_holds(face: Face):
    """No reference leads nowhere, no operation id stands twice, and requests take no unknown fields."""
    text = (await face.get("/openapi.json")).text
    document = json.loads(text)
    for reference in re.findall(r'"\$ref":\s*"#/([^"]+)"', text):
        target: Any = document
        for step in reference.split("/"):
            target = target[step]
        assert target
    ids = re.findall(r'"operationId":\s*"([^"]+)"', text)
    assert len(ids) == len(set(ids))
    request = document["components"]["schemas"]["TraceRequest"]
    assert request["additionalProperties"] is False
    assert request["required"] == ["item", "direction"]
    assert request["properties"]["item"]["maxLength"] == 1024
    assert request["properties"]["maxDepth"]["maximum"] == 1000


async def test_serves_on_a_real_socket_and_stops(face: Face):
    """uvicorn listens on a port of the system's choice, answers, and is gone after the stop."""
    server = RestServer(RestSettings("127.0.0.1:0"), face.app)
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
        response = await client.get("/v1/status")
        assert response.status_code == 200
        assert "server" not in response.headers
        item = "https%3A%2F%2Fid.gs1.org%2F01%2F09521000001237"
        assert (await client.get(f"/v1/masterdata/{item}")).json()["id"].endswith("/01/09521000001237")
        await server.stop(1.0)
        with pytest.raises(httpx.TransportError):
            await client.get("/v1/status")


async def test_port_that_is_taken_is_a_config_error(face: Face):
    """Two nodes on one port: the second says so."""
    first = RestServer(RestSettings("127.0.0.1:0"), face.app)
    await first.start()
    second = RestServer(RestSettings(f"127.0.0.1:{first.port}"), face.app)
    with pytest.raises(Rejected, match="BAD_CONFIG") as caught:
        await second.start()
    assert caught.value.path == "rest.listen"
    await first.stop(1.0)


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "192.0.2.1:80", "node.example:80"])
def test_plain_listener_off_loopback_is_refused(face: Face, listen: str):
    """Tokens never travel in the clear, unless a proxy that speaks TLS is declared."""
    with pytest.raises(Rejected, match="BAD_CONFIG"):
        RestServer(RestSettings(listen), face.app)
    RestServer(RestSettings(listen, behind_proxy=True), face.app)
