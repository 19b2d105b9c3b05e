"""`tracehold export fsma204` against a node with its API."""

import asyncio
import csv
import io
import json
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.api.face import Face, build
from tests.journey.network import Node, network
from tests.unit import lettuce
from tests.unit.lettuce import CASES, PACKER, SALAD, STORY
from tracehold.api.server import GrpcServer, GrpcSettings
from tracehold.core.record import Audience, Kind
from tracehold.main import app


async def tell(node: Node, names: Iterable[str] = STORY) -> None:
    """These events of the story of the lettuce, to one node; packing is said to the network alone."""
    for name in names:
        party, payload = STORY[name]
        audience = Audience.NETWORK if name == "packing" else Audience.PUBLIC
        await node.say(payload, party=party, audience=audience)


async def describe(node: Node) -> None:
    """What the packer says about goods and places."""
    for payload in lettuce.MASTERDATA.values():
        await node.say(payload, party=PACKER, audience=Audience.PUBLIC, kind=Kind.MASTERDATA)


@asynccontextmanager
async def serving(face: Face) -> AsyncIterator[str]:
    """The address of a node's API."""
    server = GrpcServer(GrpcSettings("127.0.0.1:0"), face.calls, face.served)
    await server.start()
    try:
        yield f"127.0.0.1:{server.port}"
    finally:
        await server.stop(0)


@pytest.fixture
async def address(face: Face) -> AsyncIterator[str]:
    """A node that heard all of it."""
    await tell(face.node)
    await describe(face.node)
    await face.node.finish()
    async with serving(face) as address:
        yield address


async def export(address: str, *options: str, who: str = "reader", lot: str = CASES) -> Result:
    """One call of the command; `who` presents a token, nobody where empty."""
    words = ["export", "fsma204", "--lot", lot, "--node", address, *options]
    with tempfile.NamedTemporaryFile("w") as secret:
        if who:
            secret.write(f"{who}-secret")
            secret.flush()
            words += ["--token-file", secret.name]
        return await asyncio.to_thread(CliRunner().invoke, app, words)


def lines(result: Result) -> list[dict[str, str]]:
    """The sheet on stdout."""
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.stdout_bytes.decode(), newline="")))


def events(result: Result) -> list[str]:
    """What kinds of events its rows are of."""
    return [
        row["critical_tracking_event"] for row in lines(result) if row["critical_tracking_event"] != "gap"
    ]


async def test_the_sheet_follows_the_lot_up_and_down(address: str):
    """From the harvest to the salad, over a pallet, with whose record each row is and that it was proved."""
    result = await export(address)
    assert events(result) == [
        "harvesting",
        "cooling",
        "receiving",
        "initial packing",
        "shipping",
        "receiving",
        "transformation",
    ]
    sent = lines(result)[4]
    assert (sent["quantity"], sent["unit_of_measure"], sent["issuer"]) == ("40", "CS", PACKER)
    assert (sent["verified"], sent["state"], len(sent["fingerprint"])) == ("yes", "FINAL", 64)
    assert sent["traceability_lot_code_source"].startswith("Green Packers, 1 Field Road, Salinas")


async def test_the_sheet_over_two_nodes_is_that_of_one(address: str, tmp_path: Path):
    """Farm and packer said it at one node, kitchen and cooler at another: asking one of them is enough."""
    async with network() as running:
        here, there = await running.join(), await running.join()
        await tell(here, [name for name in STORY if name in {"receiving", "salad", "cooling"}])
        await tell(there, [name for name in STORY if name not in {"receiving", "salad", "cooling"}])
        await describe(there)
        for node in (there, here):
            await node.finish()
        face = build(running, here, tmp_path, {}, {})
        try:
            async with serving(face) as split:
                both, one = lines(await export(split)), lines(await export(address))
        finally:
            await face.desk.stop()
            face.jobs.close()
    own = ("operator", "fingerprint", "also_rests_on")
    assert [{**row, **dict.fromkeys(own, "")} for row in both] == [
        {**row, **dict.fromkeys(own, "")} for row in one
    ]
    assert {row["verified"] for row in both} == {"yes"}


async def test_each_fingerprint_is_a_record_of_the_node(address: str, face: Face):
    """A row can be checked: its record is there, and says the event."""
    row = lines(await export(address))[0]
    record = (await face.get(f"/v1/records/{row['fingerprint']}", "reader")).json()["record"]
    assert record["payload"]["bizStep"] == row["biz_step"]


async def test_dates_are_whole_days_and_bound_the_rows(address: str):
    """The last day counts to its end (UTC); what happened on other days is left out."""
    assert events(await export(address, "--from", "2026-04-17", "--to", "2026-04-17")) == [
        "receiving",
        "initial packing",
    ]
    moment = ["--from", "2026-04-18T11:00:00Z", "--to", "2026-04-18T11:00:00Z"]
    assert events(await export(address, *moment)) == ["shipping"]


async def test_the_sheet_is_the_same_each_time(address: str):
    """Byte for byte."""
    assert (await export(address)).stdout_bytes == (await export(address)).stdout_bytes


async def test_out_writes_the_file_and_json_says_the_rows(address: str, tmp_path: Path):
    """The file holds what stdout would; the document says the same for programs."""
    file = tmp_path / "sheet.csv"
    result = await export(address, "--out", str(file), "--json")
    document = json.loads(result.stdout)
    assert file.read_bytes() == (await export(address)).stdout_bytes
    assert (document["lot"], document["file"], len(document["rows"])) == (CASES, str(file), 7)


async def test_a_reader_without_token_gets_gaps_for_what_it_may_not_read(address: str):
    """Packing is not public: its row is not there, and the sheet says that something is missing."""
    result = await export(address, who="")
    assert "initial packing" not in events(result)
    gaps = [row for row in lines(result) if row["critical_tracking_event"] == "gap"]
    assert any("ACCESS_REFUSED" in row["missing"] for row in gaps)


async def test_a_cut_answer_says_so_in_the_sheet(address: str):
    """A sheet that is handed on must not look whole."""
    result = await export(address, "--max-items", "1", lot=SALAD)
    assert any("TRUNCATED" in row["missing"] for row in lines(result))


async def test_an_unknown_lot_is_an_empty_sheet_with_its_gap(address: str):
    """Nothing is known of it, which is an answer."""
    assert events(await export(address, lot=lettuce.lot(9, "X"))) == []


@pytest.mark.parametrize(
    "options",
    [
        ["--from", "2026-04-19", "--to", "2026-04-18"],
        ["--from", "yesterday"],
        ["--to", "2026-04-18T12:00:00"],
        ["--to", "9999-12-31"],
        ["--out", "/nonexistent/sheet.csv"],
    ],
)
async def test_a_malformed_call_is_refused(address: str, options: list[str]):
    """Usage: exit code 2, and no sheet."""
    result = await export(address, *options)
    assert (result.exit_code, result.stdout) == (2, "")


async def test_a_script_in_place_of_a_lot_is_refused(address: str):
    """The node says why; one error, also where several questions run at once."""
    result = await export(address, "--json", lot="javascript:alert(1)")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == "BAD_URI"


async def test_a_node_that_is_away_is_said(address: str):
    """Exit code 5: repeat it later."""
    assert (await export("127.0.0.1:1", lot=SALAD)).exit_code == 5


async def test_forged_bytes_for_a_record_are_found(address: str, monkeypatch: Any):
    """A node that hands out other bytes under a fingerprint: no row of it, and a gap that says so."""
    from tracehold_client import AsyncClient

    honest = AsyncClient.record

    async def forging(client: AsyncClient, name: str) -> Any:
        record = await honest(client, name)
        if record.payload["type"] == "AggregationEvent" or "bizStep" not in record.payload:
            return record
        if record.payload["bizStep"] == "shipping":
            record.statement += b"\x00"
        return record

    monkeypatch.setattr(AsyncClient, "record", forging)
    result = await export(address)
    assert "shipping" not in events(result)
    assert any("PROOF_INVALID" in row["missing"] for row in lines(result))
