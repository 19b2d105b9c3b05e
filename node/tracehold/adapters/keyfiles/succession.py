"""Key files that are to take the place of others: in a folder beside them until a rotation is done.

    next/node.key  next/ledger.key  next/tls.key  next/tls.crt      those that change, and no others
    next/ready     made last: from here on the node carries the rotation out
    next/record    the signed node record, made once, so that it stays the same however often it is sent

What is there without `ready` was never used and is thrown away. Files are moved one by one, each at once;
what was in the place before stays as *.old. `ready` goes last: after a crash in between the rest is moved.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from tracehold.adapters.keyfiles.secrets import create_secret, sync_folder
from tracehold.core.errors import Broken, Rejected

_READY, _RECORD = "ready", "record"


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """Where a node's keys are."""

    node: Path
    ledger: Path
    tls_certificate: Path
    tls_key: Path

    @property
    def next(self) -> "KeyFiles":
        """Where those are that take their place."""
        folder = self.node.parent / "next"
        return KeyFiles(folder / "node.key", folder / "ledger.key", folder / "tls.crt", folder / "tls.key")


class Succession:
    """What is to take the place of a node's key files."""

    def __init__(self, present: KeyFiles) -> None:
        self._present = present
        self.next = present.next
        """Where the new files are made, before `announce`."""

    @property
    def announced(self) -> bool:
        """Whether a rotation is on its way."""
        return self._file(_READY).exists()

    def clear(self) -> None:
        """Throw away what was never announced. Raises `Rejected("CONFLICT")` while one is on its way."""
        if self.announced:
            raise Rejected("CONFLICT", "a rotation is on its way", remedy="Wait until the node has done it.")
        for path in (*self._files(), self._file(_RECORD)):
            path.unlink(missing_ok=True)

    def announce(self) -> None:
        """Let the node take what is there from now on; durable on return."""
        create_secret(self._file(_READY), b"\n")

    def take_back(self) -> None:
        """Let the node stay as it is; durable on return. The new files stay where they were made until the
        next `clear`, which tells it from a rotation that was done. Harmless to repeat. Raises
        `Broken("STORE_FAILED")`.
        """
        try:
            for name in (_RECORD, _READY):
                self._file(name).unlink(missing_ok=True)
            sync_folder(self.next.node.parent)
        except OSError as error:
            raise Broken("STORE_FAILED", "the disk refuses to remove key files") from error

    @property
    def is_left(self) -> bool:
        """Whether new files are still where they were made."""
        return any(path.exists() for path in self._files())

    def files(self) -> KeyFiles:
        """The node's files as they are to be: the new one where there is one. The present ones while nothing
        is announced.
        """
        if not self.announced:
            return self._present
        pairs = zip(("node", "ledger", "tls_certificate", "tls_key"), self._files(), strict=True)
        return replace(self._present, **{name: path for name, path in pairs if path.exists()})

    def record(self) -> bytes | None:
        """The signed node record that was kept, if any."""
        path = self._file(_RECORD)
        return path.read_bytes() if path.exists() else None

    def keep_record(self, raw: bytes) -> None:
        """Keep the signed node record; durable on return."""
        create_secret(self._file(_RECORD), raw)

    def finish(self) -> None:
        """Move what is new into its place. Harmless to repeat, and after a crash anywhere. Raises
        `Broken("STORE_FAILED")`.
        """
        present = self._present
        places = (present.node, present.ledger, present.tls_certificate, present.tls_key)
        try:
            for new, place in zip(self._files(), places, strict=True):
                if new.exists():
                    _take_place(new, place)
            # The record before what says that there is one to send.
            for name in (_RECORD, _READY):
                self._file(name).unlink(missing_ok=True)
            sync_folder(self.next.node.parent)
        except OSError as error:
            raise Broken("STORE_FAILED", "the disk refuses to move key files") from error

    def _file(self, name: str) -> Path:
        return self.next.node.parent / name

    def _files(self) -> tuple[Path, ...]:
        return self.next.node, self.next.ledger, self.next.tls_certificate, self.next.tls_key


def _take_place(new: Path, place: Path) -> None:
    # The old one gets a second name first, so that at every moment there is a file in the place.
    old, between = place.with_name(f"{place.name}.old"), place.with_name(f".{place.name}.old")
    between.unlink(missing_ok=True)
    if place.exists():
        os.link(place, between)
        between.replace(old)
    new.replace(place)
    sync_folder(place.parent)
