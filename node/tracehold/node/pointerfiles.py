"""Pointers that the operator asked for, a file each in the data folder (`superseding/FINGERPRINT.json`): made
by `tracehold supersede`, and from then on written by the node that runs alone.
"""

import json
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tracehold.adapters.keyfiles import create_secret
from tracehold.adapters.keyfiles.secrets import sync_folder
from tracehold.core.errors import Broken
from tracehold.core.ids import Fingerprint
from tracehold.journey.pointing import ENDED, Pointer, Stage
from tracehold.journey.ports import SignedTransaction

_FOLDER = "superseding"
_NAME = re.compile("[0-9a-f]{64}")


class PointerFiles:
    """Those of one data folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _FOLDER
        self._ended: set[tuple[str, int, int]] = set()  # never read again, unless another file is put there

    def ask(self, pointer: Pointer) -> None:
        """Let the node set this pointer; durable on return. Raises `Rejected("CONFLICT")` where one was asked
        for from the same record, unless that one failed.
        """
        known = self.read(pointer.fingerprint)
        if known is not None and known.stage is Stage.FAILED:
            self._path(pointer.fingerprint).unlink(missing_ok=True)
        create_secret(self._path(pointer.fingerprint), _written(pointer))

    def read(self, fingerprint: Fingerprint) -> Pointer | None:
        """How far the pointer from this record is; None where none was asked for. Raises
        `Broken("CORRUPT")`.
        """
        return self._read(self._path(fingerprint))

    def _read(self, path: Path) -> Pointer | None:
        try:
            return _parsed(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Broken("CORRUPT", f"{path} cannot be read") from error

    def open(self) -> Sequence[Pointer]:
        """Those that have not ended, the oldest first. Raises `Broken("CORRUPT")`."""
        found: list[Pointer] = []
        for path in self._paths():
            with suppress(FileNotFoundError):
                told = path.stat()
                file = (path.name, told.st_ino, told.st_mtime_ns)
                if file not in self._ended and (pointer := self._read(path)):
                    self._ended.update({file} if pointer.stage in ENDED else ())
                    found += [] if pointer.stage in ENDED else [pointer]
        return sorted(found, key=lambda each: each.since)

    def every(self) -> Sequence[Pointer]:
        """All that were ever asked for, the oldest first. Raises `Broken("CORRUPT")`."""
        found = [pointer for path in self._paths() if (pointer := self._read(path))]
        return sorted(found, key=lambda each: each.since)

    def save(self, pointer: Pointer) -> None:
        """In the place of the one from the same record; durable on return. Raises
        `Broken("STORE_FAILED")`.
        """
        path = self._path(pointer.fingerprint)
        new = path.with_name(f".{path.name}.saved")
        try:
            new.unlink(missing_ok=True)
            create_secret(new, _written(pointer))
            os.replace(new, path)
            sync_folder(self._folder)
        except OSError as error:
            raise Broken("STORE_FAILED", f"cannot write {path}") from error

    def _paths(self) -> Sequence[Path]:
        return [path for path in self._folder.glob("*.json") if _NAME.fullmatch(path.stem)]

    def _path(self, fingerprint: Fingerprint) -> Path:
        return self._folder / f"{fingerprint.hex()}.json"


def _written(pointer: Pointer) -> bytes:
    sent = pointer.transaction
    told: dict[str, Any] = {
        "fingerprint": pointer.fingerprint.hex(),
        "since": pointer.since,
        "statement": pointer.statement.hex(),
        "replacement": pointer.replacement.hex() if pointer.replacement else "",
        "stage": str(pointer.stage),
        "error": pointer.error,
        "transaction": sent and [sent.raw.hex(), sent.hash.hex(), sent.nonce, sent.max_fee_per_gas],
    }
    return json.dumps(told, indent=2).encode()


def _parsed(content: bytes) -> Pointer:
    told: dict[str, Any] = json.loads(content)
    sent, after = told["transaction"], bytes.fromhex(told["replacement"])
    return Pointer(
        Fingerprint(bytes.fromhex(told["fingerprint"])),
        float(told["since"]),
        bytes.fromhex(told["statement"]),
        Fingerprint(after) if after else None,
        SignedTransaction(bytes.fromhex(sent[0]), bytes.fromhex(sent[1]), sent[2], sent[3]) if sent else None,
        Stage(told["stage"]),
        told["error"],
    )
