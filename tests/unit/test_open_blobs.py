"""Which store of attachments a node opens, what it needs for it, and what it says of it."""

from contextlib import closing
from pathlib import Path

import pytest

from tracehold.adapters.dag_blobs import DagBlobs
from tracehold.adapters.files import FolderBlobs
from tracehold.adapters.keyfiles.secrets import create_secret
from tracehold.adapters.memory.dag import MemoryDag
from tracehold.config import Config
from tracehold.config.load import parse
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.record import fingerprint
from tracehold.journey.ports import Owner
from tracehold.node.blobs import BOOK_FILE, FOLDER, blob_state, open_blobs
from tracehold.node.doctor import examine

OWNER, RAW = Owner(b"o" * 32), b"a certificate"
KUBO = 'store = "kubo"\napi = "http://127.0.0.1:1"\n'


def config(folder: Path, attachments: str = "") -> Config:
    """A configuration in this folder."""
    return parse(f'[node]\noperator = "urn:x:farm"\n[attachments]\n{attachments}', folder / "tracehold.toml")


@pytest.fixture
def token(tmp_path: Path) -> Path:
    """The daemon's, where it is looked for."""
    path = tmp_path / "keys" / "ipfs.token"
    create_secret(path, b"t0ken\n")
    return path


async def test_the_folder_is_the_default(tmp_path: Path):
    """It asks for nothing, and is a stand-in."""
    async with open_blobs(config(tmp_path)) as blobs:
        assert isinstance(blobs, FolderBlobs)
    found = await blob_state(config(tmp_path))
    assert (found.name, found.stand_in, found.up) == ("folder", True, True)
    assert "ipfs" not in {each.name async for each in examine(config(tmp_path), lambda *_: None)}


async def test_a_daemon_that_is_down_keeps_no_node_from_starting(tmp_path: Path, token: Path):
    """It is said where people look; what is brought is refused until it is back."""
    given = config(tmp_path, KUBO)
    async with open_blobs(given) as blobs:
        with pytest.raises(Unavailable, match="BLOBS_DOWN"):
            await blobs.keep(OWNER, fingerprint(RAW), RAW, None)
    found = await blob_state(given)
    assert (found.name, found.stand_in, found.up) == ("kubo", False, False)
    said = {each.name: each async for each in examine(given, lambda *_: None)}["ipfs"]
    assert not said.well
    assert said.detail.startswith("BLOBS_DOWN")
    assert "t0ken" not in found.detail + said.detail


@pytest.mark.parametrize(
    ("raw", "mode"), [(None, 0), (b"t0ken", 0o644), (b"\xff\xfe", 0o600), (b"a\nb", 0o600)]
)
async def test_a_token_that_is_none(tmp_path: Path, raw: bytes | None, mode: int):
    """Missing, open to others, no text, several lines: the node does not start, and shows nothing of it."""
    path = tmp_path / "keys" / "ipfs.token"
    if raw is not None:
        create_secret(path, raw)
        path.chmod(mode)
    with pytest.raises(Rejected, match="BAD_CONFIG") as caught:
        async with open_blobs(config(tmp_path, KUBO)):
            pass
    assert "t0ken" not in str(caught.value)
    assert not (await blob_state(config(tmp_path, KUBO))).up


async def test_security_a_token_does_not_travel_in_the_clear(tmp_path: Path):
    """Neither to another machine without TLS, nor to one that only looks like this one."""
    for api in ("http://192.0.2.7:5001", "http://127.0.0.1.example:5001", "http://a:b@127.0.0.1:5001"):
        with pytest.raises(Rejected, match="BAD_CONFIG") as caught:
            config(tmp_path, f'api = "{api}"\n')
        assert caught.value.path == "attachments.api"
    assert config(tmp_path, 'api = "https://ipfs.example"\n').attachments.api == "https://ipfs.example"


async def test_nothing_is_lost_by_another_store(tmp_path: Path, token: Path):
    """Where what is kept cannot be brought over now, the node does not start with less than it had."""
    async with open_blobs(config(tmp_path)) as blobs:
        await blobs.keep(OWNER, fingerprint(RAW), RAW, None)
    with pytest.raises(Unavailable, match="BLOBS_DOWN"):
        async with open_blobs(config(tmp_path, KUBO)):
            pass
    async with open_blobs(config(tmp_path)) as blobs:
        assert await blobs.find(OWNER, fingerprint(RAW)) == RAW
        await blobs.erase(OWNER, fingerprint(RAW))
    assert (tmp_path / "data" / FOLDER).is_dir()
    async with open_blobs(config(tmp_path, KUBO)):
        pass  # the folder is empty now


async def test_a_book_of_what_is_at_the_daemon_is_not_passed_over(tmp_path: Path, token: Path):
    """With the folder again: an empty one goes, one with content waits for its daemon."""
    book = tmp_path / "data" / BOOK_FILE
    book.parent.mkdir()
    with closing(DagBlobs(MemoryDag(), book)) as there:
        await there.keep(OWNER, fingerprint(RAW), RAW, None)
        with pytest.raises(Unavailable, match="BLOBS_DOWN"):
            async with open_blobs(config(tmp_path, KUBO.replace("kubo", "folder"))):
                pass
        assert await there.find(OWNER, fingerprint(RAW)) == RAW
        await there.erase(OWNER, fingerprint(RAW))
    async with open_blobs(config(tmp_path, KUBO.replace("kubo", "folder"))):
        assert not book.exists()
