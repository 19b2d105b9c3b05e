"""One file in blocks: its manifest beside it, and its bytes checked block by block.

The manifest is told by the bytes, so a lost or damaged one is made anew as long as those are whole.
"""

import os
from pathlib import Path

from blake3 import blake3

from tracehold.adapters.files.durable import write
from tracehold.core.blocks import Blocks, BlockTree, block_length, encode_blocks, read_blocks
from tracehold.core.errors import Broken, Rejected
from tracehold.core.ids import Fingerprint
from tracehold.core.limits import BLOCK_BYTES

SUFFIX = ".blocks"


def manifest_of(path: Path) -> Path:
    """Where the manifest of this file stands."""
    return path.with_name(path.name + SUFFIX)


def blocks_at(path: Path, name: Fingerprint) -> Blocks | None:
    """The blocks of the file with this fingerprint; None where it is not here. Raises `Broken("CORRUPT")`
    where there is no manifest and the bytes are damaged.
    """
    if not path.is_file():
        return None
    try:
        found = read_blocks(manifest_of(path).read_bytes())
    except (FileNotFoundError, Rejected):
        found = None
    if found is None or found.fingerprint != name:
        found = _told(path, name)
    if found is not None and path.stat().st_size != found.size:
        raise damaged(name)
    return found


def save_blocks(path: Path, blocks: Blocks) -> None:
    """Write the manifest of the file that is or will be there. Not synced, and perhaps read half-written:
    it is known by its form, and made anew then.
    """
    write(manifest_of(path), encode_blocks(blocks), durable=False)


def read_block(path: Path, blocks: Blocks, number: int) -> bytes:
    """One block. Raises `Broken("CORRUPT")`, and FileNotFoundError where the file is gone."""
    with path.open("rb", buffering=0) as file:
        file.seek(number * BLOCK_BYTES)
        raw = file.read(block_length(blocks.size, number))
    if blake3(raw).digest() != blocks.blocks[number].digest:
        raise damaged(blocks.fingerprint)
    return raw


def write_block(path: Path, number: int, raw: bytes) -> None:
    """Put a block in its place, durably. Half of it is no worse than what was there."""
    with path.open("r+b", buffering=0) as file:
        file.seek(number * BLOCK_BYTES)
        file.write(raw)
        os.fsync(file.fileno())


def damaged(name: Fingerprint) -> Broken:
    """CORRUPT."""
    return Broken("CORRUPT", f"the attachment {name.hex()} is damaged on disk")


def _told(path: Path, name: Fingerprint) -> Blocks | None:
    """The blocks of a file as its bytes tell them, and its manifest made anew; None once it is gone."""
    tree = BlockTree()
    try:
        with path.open("rb", buffering=0) as file:
            while piece := file.read(BLOCK_BYTES):
                tree.feed(piece)
    except FileNotFoundError:
        return None
    blocks = tree.finish()
    if blocks.fingerprint != name:
        raise damaged(name)
    save_blocks(path, blocks)
    if not path.is_file():  # erased meanwhile
        manifest_of(path).unlink(missing_ok=True)
        return None
    return blocks
