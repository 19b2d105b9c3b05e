"""Making a backup of a node's folder, while the node runs or not.

The log is copied first: what else is kept may be newer, and what a log does not name yet harms nothing. What
is made again from the logs and the chain at a start (graph, findings, directory) is left out; any other file
of the data folder is in it, whatever part of the node it belongs to.
"""

import asyncio
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from tracehold import __version__
from tracehold.adapters.backup import CONFIG, DATA, KEYS, MANIFEST, SIGNATURE, manifest
from tracehold.adapters.backup.archive import Member, Writer, fits
from tracehold.adapters.backup.manifest import Manifest
from tracehold.adapters.backup.sealed_keys import seal_keys
from tracehold.adapters.backup.snapshot import snapshot
from tracehold.adapters.backup.workplace import workplace
from tracehold.adapters.keyfiles import read_secret, read_signing_key
from tracehold.adapters.keyfiles.secrets import sync_folder
from tracehold.adapters.sqlite_log.beside import open_beside
from tracehold.adapters.sqlite_log.log import FILE
from tracehold.adapters.sqlite_log.schema import VERSION
from tracehold.config import Config
from tracehold.core.errors import Rejected
from tracehold.core.ids import NetworkId
from tracehold.core.record import parse
from tracehold.core.roster import Roster
from tracehold.journey.image import Image, image
from tracehold.node.backup_room import check_room

Bars = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]
"""Makes what shows the progress of one step."""
DERIVED = frozenset(
    {"graph.sqlite", "quality.sqlite", "directory.sqlite", "lock.sqlite", "scrub", "restored"}
)
"""Files that a start makes, or that say something of this folder alone."""
BLOBS = "blobs"
WORK = ".tracehold-backup"
_DATABASE = ".sqlite"
_BESIDE = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What goes into a backup besides the logs; `keep` is how many of this log stay in the folder, 0: all."""

    passphrase: bytes | None = None
    attachments: bool = False
    keep: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that was made; durable. `left_out` are files of the data folder with names that none has."""

    path: Path
    bytes: int
    manifest: Manifest
    removed: Sequence[Path] = field(default=())
    left_out: Sequence[str] = field(default=())


def take_backup(config: Config, out: Path, wanted: Wanted, bars: Bars) -> Taken:
    """Write a backup to the new file `out`, or into the folder `out` under a name that says log and time. Its
    name is there only once all of it is.

    Raises `Rejected` (CONFLICT where the file is there, NOT_FOUND where there is no log, BAD_CONFIG),
    `Unavailable` (STORE_BUSY, DISK_LOW), `Broken` (STORE_FAILED, CORRUPT, SCHEMA_NEWER).
    """
    data, key = config.node.data_dir, read_signing_key(config.keys.node)
    folder = out if out.is_dir() else out.parent
    if folder != out:
        _check_free(out)
    if wanted.keep and folder != out:
        raise Rejected("BAD_REQUEST", "only in a folder can older backups be told", path="keep")
    if not (data / FILE).exists():
        raise Rejected("NOT_FOUND", f"{data} holds no log", path="dir", remedy="Start the node once.")
    check_room(config, folder, attachments=wanted.attachments)
    with workplace(folder / WORK) as work:
        sources, left_out = _sources(data, work, wanted, bars)
        part, taken_at = work / "part", time.time_ns() // 1_000_000
        images, network = asyncio.run(_images(work, bars))
        says = Manifest(network, key.public.raw, taken_at, __version__, VERSION, images, ())
        with bars("writing the backup") as tell, _created(part) as file:
            says = replace(says, members=_write(file, sources, _small(config, wanted), tell))
            raw = manifest.encode(says)
            _end(file, raw, manifest.sign(raw, key))
        path = _named(out, says) if folder == out else out
        _check_free(path)
        part.rename(path)
        sync_folder(folder)
        removed = _older(folder, says, wanted.keep)
        return Taken(path, path.stat().st_size, says, removed, left_out)


Source = tuple[str, Path]
"""A member's name, and the file that it is read from."""


def _sources(data: Path, work: Path, wanted: Wanted, bars: Bars) -> tuple[list[Source], list[str]]:
    """The databases, copied as they are now; the other files as they are found; and what cannot be named."""
    found, left_out = list[Source](), list[str]()
    databases = {path.name for path in data.iterdir() if path.suffix == _DATABASE} - DERIVED
    for name in sorted(databases, key=lambda each: (each != FILE, each)):
        with bars(f"copying {name}") as tell:
            snapshot(data / name, work / name, tell)
        found.append((f"{DATA}{name}", work / name))
    for path in _others(data, wanted):
        name = f"{DATA}{path.relative_to(data).as_posix()}"
        if fits(name):
            found.append((name, path))
        else:
            left_out.append(name)
    return found, left_out


def _others(data: Path, wanted: Wanted) -> Iterator[Path]:
    for top in sorted(data.iterdir()):
        named = top.name.startswith(".") or top.name in DERIVED or top.name.endswith((_DATABASE, *_BESIDE))
        if named or (top.name == BLOBS and not wanted.attachments):
            continue
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            # What is half-written has no settled name yet.
            if path.is_file() and not path.name.startswith(".") and path.suffix != ".part":
                yield path


async def _images(work: Path, bars: Bars) -> tuple[list[Image], NetworkId]:
    """Of every log in the copy, the own one first; and the network that it is of."""
    async with open_beside(work) as store:
        found = []
        for log in await store.logs():
            with bars("reading entries") as tell:
                found.append(await image(store, log, progress=tell))
        if not found:
            raise Rejected(
                "NOT_FOUND", "the folder's log is not made yet", path="dir", remedy="Start the node once."
            )
        header, *_ = await store.read(found[0].log, 0, 1)
        return found, Roster.from_header(parse(header.raw)).network


def _small(config: Config, wanted: Wanted) -> dict[str, bytes]:
    """The configuration, and the key files, sealed, where a passphrase was given."""
    found = {CONFIG: config.path.read_bytes()}
    if wanted.passphrase is not None:
        found[KEYS] = seal_keys(key_files(config), wanted.passphrase)
    return found


def key_files(config: Config) -> dict[str, bytes]:
    """The files of [keys] by setting, and those that are to take their place, by their paths below them."""
    keys = config.keys
    paths = {"node": keys.node, "ledger": keys.ledger, "tls_key": keys.tls_key}
    found = {name: read_secret(path) for name, path in paths.items()}
    found["tls_certificate"] = keys.tls_certificate.read_bytes()
    if keys.network.exists():
        found["network"] = read_secret(keys.network)
    coming = keys.node.parent / "next"
    for path in sorted(coming.iterdir()) if coming.is_dir() else ():
        if path.is_file() and not path.name.startswith("."):
            found[f"next/{path.name}"] = path.read_bytes()
    return found


def _write(
    file: BinaryIO, sources: Sequence[Source], small: Mapping[str, bytes], tell: Callable[[int, int], None]
) -> list[Member]:
    """Everything but the manifest; what was written."""
    total, done = sum(path.stat().st_size for _, path in sources if path.exists()), 0
    writer, found = Writer(file), list[Member]()

    def moved(count: int) -> None:
        nonlocal done
        done += count
        tell(done, total)

    for name, raw in small.items():
        found.append(writer.add(name, len(raw), BytesIO(raw), lambda _: None))
    for name, path in sources:
        try:
            source = path.open("rb")
        except FileNotFoundError:
            continue  # taken away since it was found: a wish that was carried out, an attachment erased
        with source:
            found.append(writer.add(name, os.fstat(source.fileno()).st_size, source, moved))
    return found


def _end(file: BinaryIO, raw: bytes, signature: bytes) -> None:
    writer = Writer(file)
    for name, content in ((MANIFEST, raw), (SIGNATURE, signature)):
        writer.add(name, len(content), BytesIO(content), lambda _: None)
    writer.end()
    file.flush()
    os.fsync(file.fileno())


def _check_free(path: Path) -> None:
    if path.exists():
        raise Rejected("CONFLICT", f"{path} is there and is not overwritten", path="out")


def _created(path: Path) -> BinaryIO:
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _named(folder: Path, says: Manifest) -> Path:
    moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime(says.taken_at // 1000))
    return folder / f"tracehold-{says.log.hex()[:16]}-{moment}.{says.taken_at % 1000:03}Z.tar"


def _older(folder: Path, says: Manifest, keep: int) -> list[Path]:
    """Remove all backups of this log in the folder but the newest `keep`, by their names; 0 keeps all."""
    pattern = re.compile(rf"tracehold-{says.log.hex()[:16]}-\d{{8}}T\d{{6}}\.\d{{3}}Z\.tar", re.ASCII)
    named = sorted(path for path in folder.iterdir() if pattern.fullmatch(path.name))
    removed = named[:-keep] if keep else []
    for path in removed:
        path.unlink()
    return removed
