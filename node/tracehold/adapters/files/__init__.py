"""Content in folders: attachments by fingerprint, blocks of IPFS by CID."""

from tracehold.adapters.files.blobs import FolderBlobs
from tracehold.adapters.files.dag import FolderDag

__all__ = ["FolderBlobs", "FolderDag"]
