"""What keeps attachments: a folder of the data folder, or a daemon of IPFS and a book of what is whose."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from tracehold.adapters.dag_blobs import DagBlobs
from tracehold.adapters.files import FolderBlobs
from tracehold.adapters.keyfiles import read_secret
from tracehold.adapters.kubo import Daemon, KuboClient, KuboDag, Privacy, Software, software
from tracehold.config import Config
from tracehold.core.errors import Rejected, TraceholdError, Unavailable
from tracehold.journey.moving import move
from tracehold.journey.ports import Blobs
from tracehold.node.own import data_folder
from tracehold.wire.standing import BackendState

FOLDER = "blobs"
"""Folder of attachments, in the data folder."""
BOOK_FILE = "blobs.sqlite"
"""What is whose at the daemon, in the data folder."""
PORT = "blobs"
PATIENCE_S = 2.0
"""Seconds that the daemon gets to say how it stands."""


@asynccontextmanager
async def open_blobs(config: Config) -> AsyncIterator[Blobs]:
    """The store of the configuration, with what the other one kept before; closed at the end.

    A daemon that is down holds up nothing but attachments. BAD_CONFIG where there is no token, or where it
    answers and is of the public network; BLOBS_DOWN where it is down and something is to be brought over.
    Raises what the book raises.
    """
    folder = data_folder(config)
    if config.attachments.store == "folder":
        with closing(FolderBlobs(folder / FOLDER)) as blobs:
            if (folder / BOOK_FILE).exists():
                await _leave(config, folder, blobs)
            yield blobs
        return
    async with _kubo_blobs(config, folder) as there:
        if (folder / FOLDER).exists():
            with closing(FolderBlobs(folder / FOLDER)) as kept:
                await move(kept, there)
        yield there


@asynccontextmanager
async def open_client(config: Config) -> AsyncIterator[KuboClient]:
    """The line to the daemon, closed at the end; nothing is asked yet. BAD_CONFIG where there is no token."""
    given = config.attachments
    token = read_secret(given.token_file).decode(errors="replace").strip()
    if not (token.isascii() and token.isprintable()):
        raise Rejected("BAD_CONFIG", "holds no token", path="attachments.token_file")
    client = KuboClient(Daemon(given.api, token))
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def open_dag(config: Config) -> AsyncIterator[KuboDag]:
    """Blocks at the daemon, which is given nothing while it is of the public network, unless the
    configuration says that it may be. BAD_CONFIG where it answers and is.
    """
    async with open_client(config) as client:
        if config.attachments.public_ipfs:
            yield KuboDag(client)
            return
        privacy = Privacy(client, time.monotonic)
        try:
            await privacy.look()
        except Unavailable:
            pass  # it is looked at again before it gets anything
        yield KuboDag(client, privacy.sure)


async def blob_state(config: Config) -> BackendState:
    """How the store stands now; raises nothing of ours."""
    if config.attachments.store == "folder":
        return BackendState(PORT, "folder", stand_in=True, up=True)
    try:
        async with asyncio.timeout(PATIENCE_S):
            found = await examined(config)
    except (TraceholdError, TimeoutError) as error:
        detail = error.message if isinstance(error, TraceholdError) else "does not answer"
        return BackendState(PORT, "kubo", stand_in=False, up=False, detail=detail)
    return BackendState(PORT, "kubo", stand_in=False, up=True, detail=describe(config, found))


async def examined(config: Config) -> Software:
    """The daemon, asked what it is. Raises BLOBS_DOWN, and BAD_CONFIG where it is of the public network and
    may not be.
    """
    async with open_client(config) as client:
        if not config.attachments.public_ipfs:
            await Privacy(client, time.monotonic).look()
        return await software(client)


def describe(config: Config, found: Software) -> str:
    """The daemon in words."""
    network = "may be public" if config.attachments.public_ipfs else "private"
    return f"kubo {found.version}, {network}; {found.peers} other daemons on the line"


async def _leave(config: Config, folder: Path, blobs: Blobs) -> None:
    """Bring over what is at the daemon; where that was all, the next start does not ask it any more."""
    async with _kubo_blobs(config, folder) as before:
        await move(before, blobs)
        left = await before.is_empty()
    if left:
        (folder / BOOK_FILE).unlink()


@asynccontextmanager
async def _kubo_blobs(config: Config, folder: Path) -> AsyncIterator[DagBlobs]:
    async with open_dag(config) as dag:
        with closing(DagBlobs(dag, folder / BOOK_FILE)) as blobs:
            yield blobs
