"""The originals of captured documents, in a folder of the data folder."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from tracehold.adapters.files import FolderBlobs
from tracehold.config import Config
from tracehold.journey.originals import Originals
from tracehold.journey.own_log import OwnLog
from tracehold.journey.ports import RecordLog
from tracehold.journey.upload import Disk

BLOBS = "blobs"
"""Folder of attachments, in the data folder."""


def disk_of(config: Config) -> Disk:
    """The disk of the data folder."""
    return Disk(lambda: shutil.disk_usage(config.node.data_dir).free, config.limits.disk_reserve_bytes)


@contextmanager
def open_originals(config: Config, store: RecordLog, own: Callable[[], OwnLog]) -> Iterator[Originals]:
    """The originals; what is being written is on disk at the end."""
    with closing(FolderBlobs(config.node.data_dir / BLOBS)) as blobs:
        yield Originals(blobs, store, own, disk_of(config).check)
