"""Attachments as blocks of a `Dag`: a daemon's of IPFS, or any other."""

from tracehold.adapters.dag_blobs.blobs import DagBlobs

__all__ = ["DagBlobs"]
