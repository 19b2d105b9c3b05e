"""Attachments: what keeps them, and the book of those that wait for a record."""

import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing

from tracehold.adapters.sqlite_attachments import SqliteAttachmentBook
from tracehold.config import Config
from tracehold.journey.attaching import Attaching
from tracehold.journey.originals import Originals
from tracehold.journey.own_log import OwnLog
from tracehold.journey.ports import RecordLog
from tracehold.journey.staging import Bounds, Staging
from tracehold.journey.upload import Disk
from tracehold.node.blobs import open_blobs
from tracehold.node.own import data_folder

BOOK_FILE = "attachments.sqlite"


def disk_of(config: Config) -> Disk:
    """The disk of the data folder."""
    return Disk(lambda: shutil.disk_usage(config.node.data_dir).free, config.limits.disk_reserve_bytes)


@asynccontextmanager
async def open_attachments(
    config: Config, store: RecordLog, own: Callable[[], OwnLog]
) -> AsyncIterator[Attaching]:
    """What takes attachments; what is being written is on disk at the end. Raises as `open_blobs`, and what
    the book raises.
    """
    says = config.attachments
    folder = data_folder(config)
    async with open_blobs(config) as blobs:
        with closing(SqliteAttachmentBook(folder / BOOK_FILE)) as book:
            bounds = Bounds(says.max_bytes, says.staged_bytes, round(says.grace_s * 1_000))
            staging = await Staging.open(book, bounds)
            originals = Originals(blobs, store, own, disk_of(config).check, staging.holds)
            yield Attaching(originals, staging, lambda: time.time_ns() // 1_000_000)
