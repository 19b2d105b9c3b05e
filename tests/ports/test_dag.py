"""The Dag port: blocks by CID, graphs held by pins, in memory, in a folder and at a daemon of IPFS."""

import asyncio
from base64 import b32encode
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from blake3 import blake3

from tests.kubo_servers import opened
from tracehold.adapters.files import FolderDag
from tracehold.adapters.kubo import KuboDag
from tracehold.adapters.memory.dag import MemoryDag
from tracehold.core import cbor
from tracehold.core.cid import Cid, Codec
from tracehold.core.errors import Broken, Rejected
from tracehold.core.limits import BLOCK_BYTES
from tracehold.journey.ports.dag import Dag

SALTS = count()
"""The daemon is that of all tests: each has blocks of its own."""


@dataclass(slots=True)
class Kept:
    """A store, and a way to overwrite a block where it stands."""

    dag: Dag
    damage: Callable[[Cid], object]


@pytest.fixture(params=["memory", "folder", pytest.param("kubo", marks=pytest.mark.real)])
async def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Kept]:
    """Without any block that a test makes."""
    if request.param == "memory":
        memory = MemoryDag()
        yield Kept(memory, lambda cid: memory.blocks.update({cid: b"?"}))
    elif request.param == "folder":
        folder = FolderDag(tmp_path)
        yield Kept(folder, lambda cid: found(tmp_path / "blocks", str(cid)).write_bytes(b"?"))
        folder.close()
    else:
        server = request.getfixturevalue("kubos")[0]
        async with opened(server) as client:
            blocks = server.home / "blocks"
            yield Kept(KuboDag(client), lambda cid: found(blocks, flatfs(cid)).write_bytes(b"?"))


@pytest.fixture
def dag(kept: Kept) -> Dag:
    """The store."""
    return kept.dag


def found(folder: Path, name: str) -> Path:
    """The one file of this name below a folder."""
    (path,) = folder.rglob(name)
    return path


def flatfs(cid: Cid) -> str:
    """The daemon's file of a block: its multihash in base32."""
    return b32encode(cid.encode()[2:]).decode().rstrip("=") + ".data"


def leaf(words: str = "", size: int = 0) -> tuple[Cid, bytes]:
    """A block of bytes that no other test has."""
    raw = f"{words} {next(SALTS)}".encode().ljust(size, b".")
    return Cid(Codec.RAW, blake3(raw).digest()), raw


def node(*cids: Cid) -> tuple[Cid, bytes]:
    """A block that points to these."""
    parts = (b"\xa2", cbor.encode("of"), cbor.encode(next(SALTS)), cbor.encode("links"))
    raw = b"".join((*parts, cbor.encode_head(cbor.ARRAY, len(cids)), *(cid.link() for cid in cids)))
    return Cid(Codec.DAG_CBOR, blake3(raw).digest()), raw


async def test_what_is_put_is_got(dag: Dag):
    """Of both kinds, empty, of a whole MiB, many at once; a repeat is harmless, and nothing of it is new."""
    blocks = dict([leaf(str(at)) for at in range(40)])
    blocks |= [leaf(size=BLOCK_BYTES), node(*blocks)]
    blocks[Cid(Codec.RAW, blake3(b"").digest())] = b""
    for _ in range(2):
        await dag.put(blocks)
    assert {cid: await dag.get(cid) for cid in blocks} == blocks
    assert await dag.get(leaf("never put")[0]) is None
    await dag.put({})


async def test_what_is_not_the_block_of_its_name_is_refused(dag: Dag):
    """Other bytes, a block that no daemon would hand on, and one that points to what has no name of ours; the
    good one beside it may stay."""
    cid, raw = leaf("mine")
    with pytest.raises(ValueError, match="not the block"):
        await dag.put({cid: raw + b"!"})
    with pytest.raises(ValueError, match="not the block"):
        await dag.put(dict([leaf(size=BLOCK_BYTES + 1)]))
    foreign = b"\x81" + cid.link().replace(b"\x1e\x20", b"\x12\x20")
    for wrong in (foreign, b"\x81\xd8\x2a\x01", b"\x58\x20short"):
        with pytest.raises(Rejected, match="BAD_REQUEST"):
            await dag.put({Cid(Codec.DAG_CBOR, blake3(wrong).digest()): wrong})
    assert await dag.get(cid) is None


async def test_what_a_pin_holds_is_not_dropped(dag: Dag):
    """However deep below its root; what it does not hold is gone, once and for all that ask again."""
    leaves = dict([leaf(str(at)) for at in range(5)])
    held, free = list(leaves)[:3], list(leaves)[3:]
    middle = node(*held)
    root = node(middle[0], held[0])
    await dag.put(leaves | dict([middle, root]))
    for _ in range(2):
        await dag.pin(root[0])
    for _ in range(2):
        await dag.drop([*leaves, middle[0], root[0]])
    assert [cid for cid in leaves if await dag.get(cid) is not None] == held
    assert (await dag.get(root[0]), await dag.get(middle[0])) == (root[1], middle[1])
    assert [await dag.get(cid) for cid in free] == [None, None]


async def test_what_two_pins_hold_outlives_one_of_them(dag: Dag):
    """An unpinned graph stays until it is dropped, and then what the other one shares with it."""
    shared, own = leaf("shared"), leaf("own")
    one, other = node(shared[0], own[0]), node(shared[0])
    await dag.put(dict([shared, own, one, other]))
    await dag.pin(one[0])
    await dag.pin(other[0])
    for _ in range(2):
        await dag.unpin(one[0])
    assert await dag.get(own[0]) == own[1]
    await dag.drop([shared[0], own[0], one[0]])
    assert [await dag.get(cid) for cid in (shared[0], own[0], one[0])] == [shared[1], None, None]


async def test_a_graph_with_a_block_missing_is_not_held(dag: Dag, monkeypatch: pytest.MonkeyPatch):
    """It is told, not waited for; nothing of it stays for that."""
    monkeypatch.setattr("tracehold.adapters.kubo.dag.STILL_S", 1.0)
    here, away = leaf("here"), leaf("away")
    root = node(here[0], away[0])
    await dag.put(dict([here, root]))
    for gone in (root[0], away[0]):
        with pytest.raises(Rejected, match="NOT_FOUND"):
            await dag.pin(gone)
    await dag.drop([here[0], root[0]])
    assert (await dag.get(here[0]), await dag.get(root[0])) == (None, None)
    await dag.put(dict([here, root, away]))
    await dag.pin(root[0])


async def test_a_damaged_block_is_told_and_put_right(kept: Kept):
    """It never reaches the caller."""
    cid, raw = leaf("to be damaged")
    await kept.dag.put({cid: raw})
    kept.damage(cid)
    with pytest.raises(Broken, match="CORRUPT"):
        await kept.dag.get(cid)
    await kept.dag.put({cid: raw})
    assert await kept.dag.get(cid) == raw


async def test_calls_at_once(dag: Dag):
    """Blocks and graphs of several callers, some the same."""
    common = leaf("common")
    graphs = []
    for at in range(8):
        own = leaf(str(at))
        graphs.append((node(common[0], own[0]), own))

    async def keep(root: tuple[Cid, bytes], own: tuple[Cid, bytes]) -> None:
        await dag.put(dict([common, own, root]))
        await dag.pin(root[0])

    await asyncio.gather(*(keep(root, own) for root, own in graphs))
    await asyncio.gather(*(dag.unpin(root[0]) for root, _ in graphs[:4]))
    await asyncio.gather(*(dag.drop([common[0], own[0], root[0]]) for root, own in graphs))
    assert await dag.get(common[0]) == common[1]
    assert [await dag.get(own[0]) is None for _, own in graphs] == [True] * 4 + [False] * 4


async def test_a_folder_is_found_again(tmp_path: Path):
    """By another process: its blocks, and what it holds. Nobody else may read it."""
    block, first = leaf("kept"), FolderDag(tmp_path / "dag")
    root = node(block[0])
    await first.put(dict([block, root]))
    await first.pin(root[0])
    first.close()
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "dag").rglob("*"))
    second = FolderDag(tmp_path / "dag")
    await second.drop([block[0], root[0]])
    assert (await second.get(block[0]), await second.get(root[0])) == (block[1], root[1])
    found(tmp_path / "dag" / "blocks", str(root[0])).unlink()
    with pytest.raises(Broken, match="CORRUPT"):
        await second.drop([block[0]])
    assert await second.get(block[0]) == block[1]
    second.close()
