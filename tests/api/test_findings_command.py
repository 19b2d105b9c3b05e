"""`tracehold findings`: what is doubtful about records, at the terminal."""

import asyncio
import json
from pathlib import Path

from typer.testing import CliRunner, Result

from tests.api.face import Face
from tests.api.test_findings import CASE, OTHER, PALLET, said
from tests.journey.network import packed
from tracehold.api.server import GrpcServer, GrpcSettings
from tracehold.core.record import Audience
from tracehold.main import app


async def asked(face: Face, folder: Path, *words: str, who: str = "reader") -> Result:
    """One call of the command."""
    secret = folder / "token"
    secret.write_text(f"{who}-secret")
    server = GrpcServer(GrpcSettings("127.0.0.1:0"), face.calls, face.served)
    await server.start()
    try:
        given = ["findings", *words, "--node", f"127.0.0.1:{server.port}", "--token-file", str(secret)]
        return await asyncio.to_thread(CliRunner().invoke, app, given)
    finally:
        await server.stop(0)


async def test_a_line_for_each_finding(face: Face, tmp_path: Path) -> None:
    """With place and other record; words for people beside it; of the rest that nothing is found."""
    first = await said(face, packed(PALLET, [CASE], 1))
    second = await said(face, packed(OTHER, ["urn:x:b", CASE], 2))
    await face.index()
    done = await asked(face, tmp_path, first.hex(), second.hex().upper())
    assert done.exit_code == 0, done.output
    assert done.stdout.split() == [second.hex(), "PACKED_ELSEWHERE", "/childEPCs/1", first.hex()]
    assert f"nothing is found of {first.hex()}" in done.stderr
    assert "still in another container" in done.stderr


async def test_for_scripts(face: Face, tmp_path: Path) -> None:
    """All of it as one document; a record that is not there is refused."""
    first = await said(face, packed(PALLET, [CASE], 1))
    second = await said(face, packed(OTHER, [CASE], 2))
    await face.index()
    told = json.loads((await asked(face, tmp_path, second.hex(), "--json")).stdout)
    ((record,),) = told.values()
    assert record["fingerprint"] == second.hex()
    assert [(each["code"], each["other"]) for each in record["findings"]] == [
        ("PACKED_ELSEWHERE", first.hex())
    ]
    refused = await asked(face, tmp_path, "00" * 32, "--json")
    assert (refused.exit_code, json.loads(refused.stdout)["error"]["code"]) == (1, "NOT_FOUND")


async def test_attack_findings_of_records_for_others(face: Face, tmp_path: Path) -> None:
    """Who may not read the other record hears of no contradiction with it."""
    await said(face, packed(PALLET, [CASE], 1), audience=Audience.AUTHORITY)
    second = await said(face, packed(OTHER, [CASE], 2))
    await face.index()
    assert not (await asked(face, tmp_path, second.hex())).stdout
    assert (await asked(face, tmp_path, second.hex(), who="authority")).stdout
