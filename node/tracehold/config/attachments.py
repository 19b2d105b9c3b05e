"""The settings of attachments; they belong to `settings.Config`."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentsSection:
    """Content that records name and do not hold (docs/operations.md, Attachments)."""

    store: Literal["folder"] = "folder"
    """What keeps it: a folder of the data folder, `blobs`."""

    max_bytes: int = 1 << 30
    """Largest attachment that is taken; at most 1 GiB."""

    staged_bytes: int = 4 << 30
    """Bytes of attachments that wait for a record that names them, or arrive; of one party half as many."""

    grace_s: float = 86_400.0
    """Seconds after which one that no record names is erased."""
