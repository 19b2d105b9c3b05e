"""A backup holds what the folder holds, and is restored whole or not at all."""

import json
import shutil
import sqlite3
import tarfile
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from tests.backups import PASSPHRASE, folder, quiet
from tracehold.adapters.backup import archive, manifest
from tracehold.adapters.keyfiles import create_signing_key, read_signing_key
from tracehold.config import Config, load
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.core.keys import SigningKey
from tracehold.node import backing_up
from tracehold.node.backing_up import Taken, Wanted, take_backup
from tracehold.node.custody import RESTORED
from tracehold.node.restoring import Chosen, restore, verify_backup

ALL = Wanted(PASSPHRASE, attachments=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A folder that no test changes."""
    return folder(tmp_path_factory.mktemp("backup") / "node")


@pytest.fixture
def home(made: Config, tmp_path: Path) -> Config:
    """A copy of it for one test."""
    shutil.copytree(made.path.parent, tmp_path / "node")
    return load(tmp_path / "node" / made.path.name)


@pytest.fixture(scope="module")
def taken(made: Config, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    """A backup of it with keys, which no test changes."""
    return take_backup(made, tmp_path_factory.mktemp("out") / "b.tar", ALL, quiet)


def dumped(data: Path) -> list[str]:
    """Everything in the log's file, as SQL."""
    with closing(sqlite3.connect(data / "log.sqlite")) as log:
        return list(log.iterdump())


def test_a_restored_folder_is_the_folder(made: Config, taken: Taken, tmp_path: Path) -> None:
    """Every row of the log, the configuration, every key; marked as an older copy."""
    target = tmp_path / "deep" / "new"
    found = restore(taken.path, target, Chosen(PASSPHRASE), quiet)
    old = made.path.parent
    assert dumped(target / "data") == dumped(old / "data")
    for name in ("tracehold.toml", "keys/node.key", "keys/ledger.key", "keys/tls.key", "keys/tls.crt"):
        assert (target / name).read_bytes() == (old / name).read_bytes()
        assert (target / name).stat().st_mode & 0o777 == 0o600
    assert (target / "data" / "restored").exists()
    assert found.keys
    assert found.remarks == []
    assert [each.name for each in target.parent.iterdir()] == ["new"]
    assert len(found.manifest.images) == 2
    assert found.manifest.images[0].anchored < found.manifest.images[0].size


def test_a_backup_is_for_its_owner_and_says_no_secret(made: Config, taken: Taken) -> None:
    """0600; no key is in it in the clear, and other programs can list it."""
    assert taken.path.stat().st_mode & 0o777 == 0o600
    raw = taken.path.read_bytes()
    for name in ("node.key", "ledger.key", "tls.key"):
        assert (made.path.parent / "keys" / name).read_bytes().strip() not in raw
    with tarfile.open(taken.path) as listed:
        names = listed.getnames()
    assert names == ["config", "keys.sealed", "data/log.sqlite", "MANIFEST.json", "MANIFEST.sig"]
    assert list(taken.path.parent.iterdir()) == [taken.path]


def test_a_folder_in_use_is_copied(home: Config, tmp_path: Path) -> None:
    """The lock is the node's; what it wrote and did not check in yet is in the copy."""
    path = home.node.data_dir / "log.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as node:
        node.execute("PRAGMA wal_autocheckpoint = 0")
        node.execute("INSERT INTO bookmarks VALUES ('late', 7)")
        with closing(sqlite3.connect(home.node.data_dir / "lock.sqlite")) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            take_backup(home, tmp_path / "b.tar", Wanted(), quiet)
    restore(tmp_path / "b.tar", tmp_path / "new", Chosen(), quiet)
    assert any("'late',7" in line for line in dumped(tmp_path / "new" / "data"))


def test_what_is_in_it_and_what_is_made_again(home: Config, tmp_path: Path) -> None:
    """Files that a part of the node keeps are in it, also those of a part that is not known here."""
    data = home.node.data_dir
    for name in (
        "graph.sqlite",
        "quality.sqlite",
        "directory.sqlite",
        "scrub",
        ".draining.new",
        "x.sqlite-wal",
    ):
        (data / name).write_bytes(b"no")
    for name in ("chain.json", "superseding/ab.json", "blobs/cd/ef", "blobs/open/1.part"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(name.encode())
    with closing(sqlite3.connect(data / "later.sqlite")) as later, later:
        later.execute("CREATE TABLE t (x)")
    (data / "a file").write_bytes(b"")
    less = take_backup(home, tmp_path / "less.tar", Wanted(), quiet)
    assert less.manifest.names() == {
        "config", "data/log.sqlite", "data/later.sqlite", "data/chain.json", "data/superseding/ab.json",
    }  # fmt: skip
    assert less.left_out == ["data/a file"]
    more = take_backup(home, tmp_path / "more.tar", ALL, quiet)
    assert more.manifest.names() - less.manifest.names() == {"keys.sealed", "data/blobs/cd/ef"}
    found = restore(tmp_path / "more.tar", tmp_path / "new", Chosen(PASSPHRASE), quiet)
    assert found.attachments == 1
    assert (tmp_path / "new/data/blobs/cd/ef").read_bytes() == b"blobs/cd/ef"
    assert (tmp_path / "new/data/superseding/ab.json").read_bytes() == b"superseding/ab.json"


def test_a_rotation_on_its_way_comes_along(home: Config, tmp_path: Path) -> None:
    """Keys that are to take the place of others, and the network's."""
    keys = home.keys.node.parent
    create_signing_key(keys / "next" / "node.key")
    create_signing_key(keys / "network.key")
    (keys / "next" / "ready").write_bytes(b"\n")
    take_backup(home, tmp_path / "b.tar", ALL, quiet)
    restore(tmp_path / "b.tar", tmp_path / "new", Chosen(PASSPHRASE, keys_only=True), quiet)
    for name in ("next/node.key", "next/ready", "network.key"):
        assert (tmp_path / "new" / "keys" / name).read_bytes() == (keys / name).read_bytes()
    assert not (tmp_path / "new" / "data").exists()


def test_only_the_newest_are_kept(home: Config, tmp_path: Path) -> None:
    """Of this log, in this folder, by their names; nothing else is touched."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "tracehold-0000000000000000-20200101T000000.000Z.tar").write_bytes(b"of another log")
    (out / "notes").write_bytes(b"")
    first, second, third = (take_backup(home, out, Wanted(keep=2), quiet) for _ in range(3))
    assert third.removed == [first.path]
    assert {each.name for each in out.iterdir()} == {
        "tracehold-0000000000000000-20200101T000000.000Z.tar", "notes", second.path.name, third.path.name,
    }  # fmt: skip


@pytest.mark.parametrize("part", range(20))
def test_a_byte_changed_in_the_backup(taken: Taken, tmp_path: Path, part: int) -> None:
    """Anywhere, also where tar has only padding: nothing is written."""
    raw = bytearray(taken.path.read_bytes())
    at = [0, 156, 345, 511, 520, len(raw) - 1, len(raw) - 1024, len(raw) - 1530][part] if part < 8 else 0
    raw[at or len(raw) * (part - 7) // 17] ^= 1
    (tmp_path / "b.tar").write_bytes(raw)
    with pytest.raises(Rejected, match="BACKUP_INVALID"):
        restore(tmp_path / "b.tar", tmp_path / "new", Chosen(PASSPHRASE), quiet)
    assert [each.name for each in tmp_path.iterdir()] == ["b.tar"]


@pytest.mark.parametrize("cut", [1, 512, 1024, 1536, 5000, 10**9])
def test_a_backup_that_is_cut_or_longer(taken: Taken, tmp_path: Path, cut: int) -> None:
    """A copy that did not end, an empty file, one with something behind it."""
    raw = taken.path.read_bytes()
    for wrong in (raw[:-cut], raw + bytes(cut % 4096)):
        (tmp_path / "b.tar").write_bytes(wrong)
        with pytest.raises(Rejected, match="BACKUP_INVALID"):
            verify_backup(tmp_path / "b.tar", Chosen(), quiet)


def test_a_wrong_passphrase(taken: Taken, made: Config, tmp_path: Path) -> None:
    """And none where one is needed, or one where there are no keys. Without it the rest is restored."""
    for chosen in (Chosen(b"wrong"), Chosen(keys_only=True)):
        with pytest.raises(Rejected, match="BAD_PASSPHRASE"):
            restore(taken.path, tmp_path / "new", chosen, quiet)
    assert list(tmp_path.iterdir()) == []
    found = restore(taken.path, tmp_path / "new", Chosen(), quiet)
    assert not found.keys
    assert "key files" in found.remarks[0]
    assert not (tmp_path / "new" / "keys").exists()
    take_backup(made, tmp_path / "bare.tar", Wanted(), quiet)
    with pytest.raises(Rejected, match="BAD_PASSPHRASE"):
        restore(tmp_path / "bare.tar", tmp_path / "other", Chosen(PASSPHRASE), quiet)


def forged(taken: Taken, into: Path, key: SigningKey, **changes: object) -> Path:
    """A backup that is whole and signed, with a manifest that says something else."""
    says = replace(taken.manifest, node_key=key.public.raw, **changes)  # type: ignore[arg-type]
    with taken.path.open("rb") as source, into.open("wb") as file:
        writer = archive.Writer(file)
        for name, size, pieces in archive.members(source):
            raw = b"".join(pieces)
            if name not in {"MANIFEST.json", "MANIFEST.sig"}:
                writer.add(name, size, BytesIO(raw), lambda _: None)
        raw = manifest.encode(says)
        for name, content in (("MANIFEST.json", raw), ("MANIFEST.sig", manifest.sign(raw, key))):
            writer.add(name, len(content), BytesIO(content), lambda _: None)
        writer.end()
    return into


def test_a_backup_of_another_network(taken: Taken, made: Config, tmp_path: Path) -> None:
    """Signed by its own node, which says that its log is of another one; or not the log that is wanted."""
    key = read_signing_key(made.keys.node)
    wrong = forged(taken, tmp_path / "b.tar", key, network=bytes(32))
    with pytest.raises(Rejected, match="another network"):
        restore(wrong, tmp_path / "new", Chosen(), quiet)
    other = type(taken.manifest.log)(bytes(32))
    with pytest.raises(Rejected, match="is of log"):
        restore(taken.path, tmp_path / "new", Chosen(log=other), quiet)
    assert not (tmp_path / "new").exists()


def test_a_backup_that_somebody_else_made(taken: Taken, tmp_path: Path) -> None:
    """The same bytes under another key."""
    create_signing_key(tmp_path / "key")
    wrong = forged(taken, tmp_path / "b.tar", read_signing_key(tmp_path / "key"))
    with pytest.raises(Rejected, match="not signed by a node key of its log"):
        restore(wrong, tmp_path / "new", Chosen(), quiet)


def test_a_manifest_that_is_not_of_its_logs(taken: Taken, made: Config, tmp_path: Path) -> None:
    """An image of other entries, or fewer logs."""
    key, (own, other) = read_signing_key(made.keys.node), taken.manifest.images
    images = {
        "not as the manifest says": [own, replace(other, entries=bytes(32))],
        "other logs": [own],
    }
    for words, told in images.items():
        wrong = forged(taken, tmp_path / "b.tar", key, images=told)
        with pytest.raises(Rejected, match=words):
            verify_backup(wrong, Chosen(), quiet)


def test_a_backup_of_a_newer_release(taken: Taken, made: Config, tmp_path: Path) -> None:
    """Nothing is written for it."""
    key = read_signing_key(made.keys.node)
    newer = forged(taken, tmp_path / "b.tar", key, schema=taken.manifest.schema + 1)
    with pytest.raises(Broken, match="SCHEMA_NEWER"):
        restore(newer, tmp_path / "new", Chosen(), quiet)
    assert not (tmp_path / "new").exists()


def test_a_target_that_holds_something(taken: Taken, made: Config, tmp_path: Path) -> None:
    """It stays as it is; an empty folder is taken."""
    target = tmp_path / "new"
    target.mkdir()
    (target / "x").write_bytes(b"mine")
    with pytest.raises(Rejected, match="CONFLICT"):
        restore(taken.path, target, Chosen(), quiet)
    (target / "x").unlink()
    restore(taken.path, target, Chosen(), quiet)
    assert (target / "data" / "log.sqlite").exists()
    with pytest.raises(Rejected, match="CONFLICT"):
        take_backup(made, taken.path, Wanted(), quiet)


def test_keys_that_would_be_written_elsewhere(home: Config, tmp_path: Path) -> None:
    """A configuration that names places outside of the folder makes nothing there."""
    text = home.path.read_text().replace('data_dir = "data"', f'data_dir = "{home.node.data_dir}"')
    text = text.replace('node = "keys/node.key"', 'node = "../keys/node.key"')
    (tmp_path / "keys").mkdir()
    shutil.copy(home.keys.node, tmp_path / "keys" / "node.key")
    home.path.write_text(text)
    take_backup(load(home.path), tmp_path / "b.tar", ALL, quiet)
    found = restore(tmp_path / "b.tar", tmp_path / "a" / "new", Chosen(PASSPHRASE), quiet)
    assert "keys.node, node.data_dir" in found.remarks[0]
    assert (tmp_path / "a/new/data/log.sqlite").exists()
    assert (tmp_path / "a/new/keys/node.key").exists()
    assert not (tmp_path / "a" / "keys").exists()


def test_two_at_once(home: Config, tmp_path: Path) -> None:
    """The second is told to wait, and the first is not disturbed."""

    def second(title: str) -> object:
        with pytest.raises(Unavailable, match="STORE_BUSY"):
            take_backup(home, tmp_path / "c.tar", Wanted(), quiet)
        return quiet(title)

    take_backup(home, tmp_path / "b.tar", Wanted(), second)  # type: ignore[arg-type]
    assert not (tmp_path / "c.tar").exists()


def test_too_little_room(home: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told before anything is written; the node's reserve stays on its own disk."""
    usage = shutil.disk_usage(tmp_path)
    small = usage._replace(free=home.limits.disk_reserve_bytes + 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: small)
    with pytest.raises(Unavailable, match="DISK_LOW"):
        take_backup(home, tmp_path / "b.tar", Wanted(), quiet)
    assert [each.name for each in tmp_path.iterdir()] == ["node"]


def test_the_manifest_is_to_be_read(taken: Taken) -> None:
    """As JSON, with what a person asks of a backup."""
    with tarfile.open(taken.path) as listed:
        file = listed.extractfile("MANIFEST.json")
        assert file is not None
        said = json.loads(file.read())
    assert said["format"] == "tracehold/backup/v1"
    assert said["logs"][0]["log"] == taken.manifest.log.hex()
    assert {each["name"] for each in said["members"]} == taken.manifest.names()
    assert RESTORED in backing_up.DERIVED
