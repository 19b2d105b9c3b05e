"""The settings of attachments; they belong to `settings.Config`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentsSection:
    """Content that records name and do not hold (docs/operations.md, Attachments)."""

    store: Literal["folder", "kubo"] = "folder"
    """What keeps it: a folder of the data folder, `blobs`, or a daemon of IPFS (kubo). Where this is changed,
    the next start brings what is kept over to the other before it serves.
    """

    api: str = "http://127.0.0.1:5001"
    """Address of the daemon's RPC interface: on loopback, or by https."""

    token_file: Path = Path("keys/ipfs.token")
    """File that holds the token which that interface wants (`API.Authorizations`, `bearer:`) and nothing
    else, readable by its owner alone.
    """

    public_ipfs: bool = False
    """Whether the daemon may be one of the public network: then whoever has the name of an attachment may
    fetch it there, and what others have fetched cannot be erased.
    """

    max_bytes: int = 1 << 30
    """Largest attachment that is taken; at most 1 GiB."""

    staged_bytes: int = 4 << 30
    """Bytes of attachments that wait for a record that names them, or arrive; of one party half as many."""

    grace_s: float = 86_400.0
    """Seconds after which one that no record names is erased."""
