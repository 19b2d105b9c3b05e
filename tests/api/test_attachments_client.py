"""The client and the commands for attachments against a listening node: streamed, hashed, compared."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.api.face import Face
from tests.api.test_attachments import EVENT, MADE, RAW, name
from tests.client.test_rest import answering
from tests.journey.network import MILL
from tests.journey.scene import control
from tracehold.adapters.keyfiles import read_signing_key
from tracehold.api.rest_server import RestServer, RestSettings
from tracehold.api.server import GrpcServer, GrpcSettings
from tracehold.core.blocks import blocks_of
from tracehold.core.control import Enrol
from tracehold.core.errors import Rejected, Unavailable
from tracehold.main import app
from tracehold_client.attachments import Attachments

FINGERPRINT, CID = MADE.fingerprint.hex(), str(MADE.cid)


@asynccontextmanager
async def listening(face: Face) -> AsyncIterator[str]:
    """The address of the node."""
    server = RestServer(RestSettings("127.0.0.1:0"), face.app)
    await server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.stop(5)


def written(folder: Path, raw: bytes = RAW) -> Path:
    """A file with the content."""
    path = folder / "report.pdf"
    path.write_bytes(raw)
    return path


async def test_brought_and_fetched(face: Face, tmp_path: Path):
    """By the commands, with the progress that a person sees; what is there already is not overwritten."""
    (tmp_path / "token").write_text("mill-secret")
    async with listening(face) as url:

        async def run(*words: str) -> tuple[int, str]:
            options = ["--rest", url, "--token-file", str(tmp_path / "token")]
            ran = await asyncio.to_thread(CliRunner().invoke, app, [*words, *options])
            return ran.exit_code, ran.output

        code, told = await run("attach", str(written(tmp_path)))
        assert (code, told.split()) == (0, [FINGERPRINT, str(len(RAW)), "bytes", CID])
        record = (await name(face)).hex()
        for at, called in enumerate((FINGERPRINT, CID)):
            out = tmp_path / str(at)
            assert (await run("fetch", called, "--record", record, "-o", str(out)))[0] == 0
            assert out.read_bytes() == RAW
            assert (await run("fetch", called, "--record", record, "-o", str(out)))[0] == 2
        assert (await run("fetch", "0" * 64, "--record", record, "-o", str(tmp_path / "x")))[0] == 1
        assert (await run("fetch", "../keys", "--record", record, "-o", str(tmp_path / "x")))[0] == 2
        assert (await run("attach", str(tmp_path / "nowhere")))[0] == 2
    assert not (tmp_path / "x").exists()


async def test_uploaded_with_what_it_names(face: Face, tmp_path: Path):
    """One command brings the content and signs the record that names it; without a key nothing is brought."""
    (tmp_path / "token").write_text("mill-secret")
    (tmp_path / "event.json").write_bytes(EVENT)
    own, key = face.node.sealer.own.identity, tmp_path / "key"
    grpc = GrpcServer(GrpcSettings("127.0.0.1:0"), face.calls, face.served)
    await grpc.start()
    async with listening(face) as url:

        async def run(*words: str) -> tuple[int, str]:
            ran = await asyncio.to_thread(CliRunner().invoke, app, [str(word) for word in words])
            return ran.exit_code, ran.output

        assert (await run("key", "new", str(key)))[0] == 0
        says = Enrol(MILL, read_signing_key(key).public)
        await face.node.upload(control(says, key=own.key, party=own.operator))
        send = ["upload", str(tmp_path / "event.json"), "--attach", str(written(tmp_path)), "--rest", url]
        send += ["--node", f"127.0.0.1:{grpc.port}", "--token-file", str(tmp_path / "token")]
        assert (await run(*send))[0] == 2
        assert face.blobs.kept == {}
        code, told = await run(*send, "--key", str(key), "--party", MILL)
        assert code == 0, told
        fetched = ["fetch", CID, "--record", told[:64], "-o", str(tmp_path / "out"), "--rest", url]
        assert (await run(*fetched, "--token-file", str(tmp_path / "token")))[0] == 0
    await grpc.stop(0)
    assert (tmp_path / "out").read_bytes() == RAW


async def test_security_a_caller_that_goes_away(face: Face, tmp_path: Path):
    """Half of the content came: nothing of it stays, and others go on."""
    async with listening(face) as url:
        host, port = url.removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        lines = ("host: x", "authorization: Bearer mill-secret", f"content-length: {len(RAW)}", "", "")
        writer.write("\r\n".join(("POST /v1/attachments HTTP/1.1", *lines)).encode() + RAW[: 1 << 20])
        await writer.drain()
        writer.close()
        client = Attachments(url, token="farm-secret")
        made = await asyncio.to_thread(client.attach, written(tmp_path))
        assert made == blocks_of(RAW)
    assert len(face.blobs.kept) == 1
    assert sum(face.attaching.staging._bytes.values()) == len(RAW)


@pytest.mark.parametrize("sent", [RAW[:-1], b"", RAW + b"x", b"x" + RAW[1:]], ids=len)
def test_security_a_node_that_sends_other_bytes(tmp_path: Path, sent: bytes):
    """No file appears, neither whole nor half, by fingerprint and by CID."""
    with answering(lambda _path, _body: (200, {}, sent)) as (url, _):
        for called in (FINGERPRINT, CID):
            with pytest.raises(Rejected, match="ATTACHMENT_MISMATCH"):
                Attachments(url).fetch("0" * 64, called, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_security_a_node_that_names_the_content_otherwise(tmp_path: Path):
    """A record would vouch for what nobody sent."""
    other = b'{"fingerprint": "%s", "cid": "%s"}' % (b"0" * 64, CID.encode())
    with (
        answering(lambda _path, _body: (201, {}, other)) as (url, _),
        pytest.raises(Rejected, match="MISMATCH"),
    ):
        Attachments(url).attach(written(tmp_path))


def test_security_a_token_is_not_sent_in_the_clear():
    """To another machine."""
    with pytest.raises(Rejected, match="BAD_REQUEST"):
        Attachments("http://192.0.2.1:80", token="secret")


def test_a_node_that_is_not_there(tmp_path: Path):
    """NODE_DOWN, and no file."""
    with pytest.raises(Unavailable, match="NODE_DOWN"):
        Attachments("http://127.0.0.1:9").fetch("0" * 64, CID, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
