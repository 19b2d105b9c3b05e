"""Restoring a backup into a new folder, and checking one.

Everything is read and checked where nobody takes it for a node's folder, and gets its place by one rename.
The
folder is marked as an older copy of itself: before a start of it seals anything, every holder is asked what
it
keeps of the log, and what was sealed after the backup comes back (`recovery`). So a restore undoes nothing.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tracehold.adapters.backup import CONFIG, DATA, KEYS
from tracehold.adapters.backup.archive import Member, invalid
from tracehold.adapters.backup.manifest import Manifest
from tracehold.adapters.backup.reading import checked, extract
from tracehold.adapters.backup.sealed_keys import open_keys
from tracehold.adapters.backup.workplace import workplace
from tracehold.adapters.keyfiles import create_secret
from tracehold.adapters.keyfiles.secrets import sync_folder
from tracehold.adapters.sqlite_log.log import SqliteLog
from tracehold.adapters.sqlite_log.schema import VERSION
from tracehold.config.load import parse
from tracehold.config.settings import Config
from tracehold.core.errors import Broken, Rejected
from tracehold.core.ids import LogId
from tracehold.journey.fsck import check_log
from tracehold.journey.image import compare, image
from tracehold.journey.speakers import Speakers
from tracehold.node.backing_up import BLOBS, Bars
from tracehold.node.custody import RESTORED

CONFIG_NAME = "tracehold.toml"
ELSEWHERE = "The configuration names places outside of the folder; the files are below it: correct {0}."


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is restored of a backup. `log`: the only log whose backup is taken, None: any."""

    passphrase: bytes | None = None
    keys_only: bool = False
    log: LogId | None = None


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it. `keys`: whether the key files are there; `remarks` are for the operator."""

    manifest: Manifest
    keys: bool
    attachments: int
    remarks: Sequence[str]


def verify_backup(path: Path, chosen: Chosen, bars: Bars) -> Restored:
    """Check everything that a restore would check, in a folder beside the file that is gone afterwards.

    Raises as `restore`, but for the target.
    """
    with workplace(path.absolute().parent / ".tracehold-verify") as work:
        return _unpacked(path, work, chosen, bars)


def restore(path: Path, target: Path, chosen: Chosen, bars: Bars) -> Restored:
    """Make the folder `target`, which must not be there, or be empty, of a backup. It is there whole or not
    at
    all.

    Raises `Rejected` (BACKUP_INVALID, BAD_PASSPHRASE, CONFLICT where the folder holds anything, NOT_FOUND),
    `Broken` (SCHEMA_NEWER, STORE_FAILED), `Unavailable("STORE_BUSY")`.
    """
    target = target.absolute()
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise Rejected("CONFLICT", f"{target} holds something", path="dir", remedy="Choose another --dir.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with workplace(target.parent / f".{target.name}.restoring") as work:
        made = _unpacked(path, work, chosen, bars)
        # Onto an empty folder it is one step, too; onto one that was filled meanwhile it fails.
        work.rename(target)
        sync_folder(target.parent)
        return made


def _unpacked(path: Path, work: Path, chosen: Chosen, bars: Bars) -> Restored:
    with bars("checking the backup") as tell:
        says, small = checked(path, tell)
    if chosen.log not in {None, says.log}:
        raise invalid(f"the backup is of log {says.log.hex()}")
    if says.schema > VERSION:
        said = f"the backup has schema version {says.schema} of the log; this release reads up to {VERSION}"
        raise Broken("SCHEMA_NEWER", said, remedy="Restore it with the release that made it, or a newer one.")
    keys = _keys(small, chosen)
    places = Places.of(work, small[CONFIG])
    create_secret(work / CONFIG_NAME, small[CONFIG])
    for name, raw in keys.items():
        create_secret(places.key(name), raw)
    if not chosen.keys_only:
        _data(path, says, places, bars)
    remarks = list(places.remarks)
    if not keys:
        remarks.append("The key files are not in it: put those of the node there before it starts.")
    blobs = sum(each.name.startswith(f"{DATA}{BLOBS}/") for each in says.members)
    return Restored(says, bool(keys), 0 if chosen.keys_only else blobs, remarks)


def _keys(small: dict[str, bytes], chosen: Chosen) -> dict[str, bytes]:
    if chosen.passphrase is None and not chosen.keys_only:
        return {}
    if KEYS not in small:
        raise Rejected("BAD_PASSPHRASE", "the backup was made without a passphrase, and holds no keys")
    if chosen.passphrase is None:
        raise Rejected(
            "BAD_PASSPHRASE", "the keys of the backup need their passphrase", path="passphrase-file"
        )
    return open_keys(small[KEYS], chosen.passphrase)


def _data(path: Path, says: Manifest, places: "Places", bars: Bars) -> None:
    wanted: list[Member] = [each for each in says.members if each.name.startswith(DATA)]
    with bars("writing the folder") as tell:
        extract(path, wanted, lambda name: places.data / name.removeprefix(DATA), tell)
    asyncio.run(_check(says, places.data, bars))
    (places.data / RESTORED).touch()
    for folder in {places.data.parent, *(each.parent for each in places.data.rglob("*"))}:
        sync_folder(folder)


async def _check(says: Manifest, data: Path, bars: Bars) -> None:
    """Every entry, tile, checkpoint and anchor, and that the logs are those of the manifest."""
    async with SqliteLog.open(data) as store:
        if list(await store.logs()) != [each.log for each in says.images]:
            raise invalid("the backup holds other logs than its manifest says")
        roster = await Speakers(store).roster(says.log)
        if roster is None or roster.network != says.network:
            raise invalid("the backup's log is of another network than its manifest says")
        if says.node_key not in {key.raw for key in roster.node_keys()}:
            raise invalid("the backup is not signed by a node key of its log")
        for told in says.images:
            with bars("checking entries") as tell:
                await check_log(store, told.log, tell)
            with bars("comparing entries") as tell:
                found = await image(store, told.log, progress=tell)
            if different := compare(told, found):
                raise invalid(f"log {told.log.hex()} is not as the manifest says: {different[0]}")


@dataclass(frozen=True, slots=True)
class Places:
    """Where files of a node's folder belong, by its configuration."""

    data: Path
    keys: dict[str, Path]
    remarks: Sequence[str]

    @classmethod
    def of(cls, folder: Path, text: bytes) -> "Places":
        """The places that the configuration names below this folder; those of `init` for what it has
        elsewhere,
        or where it cannot be read by this release.
        """
        usual = {name: folder / "keys" / file for name, file in _USUAL.items()}
        try:
            config: Config = parse(text.decode(), folder / CONFIG_NAME)
        except (Rejected, UnicodeDecodeError) as error:
            return cls(folder / "data", usual, [f"The configuration cannot be read: {error}"])
        keys = config.keys
        named = {
            "node": keys.node,
            "ledger": keys.ledger,
            "tls_certificate": keys.tls_certificate,
            "tls_key": keys.tls_key,
            "network": keys.network,
        }
        outside = [f"keys.{name}" for name, at in named.items() if not _below(folder, at)]
        named = {name: at if _below(folder, at) else usual[name] for name, at in named.items()}
        data = config.node.data_dir
        if not _below(folder, data):
            outside.append("node.data_dir")
            data = folder / "data"
        return cls(data, named, [ELSEWHERE.format(", ".join(outside))] if outside else [])

    def key(self, name: str) -> Path:
        """Where a key file belongs. Raises BACKUP_INVALID for a name that none has."""
        kind, _, rest = name.partition("/")
        if name in self.keys:
            return self.keys[name]
        if kind != "next" or rest not in _COMING:
            raise invalid("the keys in the backup have names that none has")
        return self.keys["node"].parent / "next" / rest


_USUAL = {
    "node": "node.key",
    "ledger": "ledger.key",
    "tls_certificate": "tls.crt",
    "tls_key": "tls.key",
    "network": "network.key",
}
_COMING = frozenset({"node.key", "ledger.key", "tls.key", "tls.crt", "ready", "record"})


def _below(folder: Path, path: Path) -> bool:
    return folder in path.parents and ".." not in path.parts
