"""Whether there is room for a backup: a node must not be stopped by the copy of itself."""

import shutil
from pathlib import Path

from tracehold.config import Config
from tracehold.core.errors import Broken, Unavailable


def check_room(config: Config, folder: Path, *, attachments: bool) -> None:
    """Returns if the copy and the file made of it fit, and on the node's own disk its reserve is left. Raises
    `Unavailable("DISK_LOW")`, `Broken("STORE_FAILED")` where there is no such folder.
    """
    data = config.node.data_dir
    try:
        free = shutil.disk_usage(folder).free
        same = folder.stat().st_dev == data.stat().st_dev
        databases = sum(path.stat().st_size for path in data.iterdir() if path.is_file())
        blobs = sum(path.stat().st_size for path in (data / "blobs").rglob("*") if path.is_file())
    except OSError as error:
        raise Broken("STORE_FAILED", f"{folder} or {data} cannot be read") from error
    # Databases are copied first, so that they stand still while they are read.
    needed = 2 * databases + (blobs if attachments else 0)
    reserve = config.limits.disk_reserve_bytes if same else 0
    if free - needed < reserve:
        said = f"{free} bytes are free in {folder}, {needed} are needed"
        left = f", and {reserve} stay free for the node" if reserve else ""
        raise Unavailable("DISK_LOW", said + left, remedy="Choose a folder on another disk, or make room.")
