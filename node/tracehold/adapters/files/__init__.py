"""Blobs in a folder: one file for each, named by its fingerprint."""

from tracehold.adapters.files.blobs import FolderBlobs

__all__ = ["FolderBlobs"]
