"""Key files that take the place of others: announced in the end, moved one by one, also after a crash."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from tracehold.adapters.keyfiles import KeyFiles, Succession, create_secret
from tracehold.core.errors import Broken, Rejected

NAMES = ("node.key", "ledger.key", "tls.crt", "tls.key")


@pytest.fixture
def present(tmp_path: Path) -> KeyFiles:
    """Four files, each with its name in it."""
    files = KeyFiles(*(tmp_path / "keys" / name for name in NAMES))
    for path in (files.node, files.ledger, files.tls_certificate, files.tls_key):
        create_secret(path, b"old " + path.name.encode())
    return files


def made(present: KeyFiles, *names: str) -> Succession:
    """New files of these names, announced."""
    coming = Succession(present)
    for name in names:
        create_secret(present.next.node.with_name(name), b"new " + name.encode())
    coming.announce()
    return coming


def content(present: KeyFiles) -> dict[str, str]:
    """What stands in the files' places."""
    return {name: present.node.with_name(name).read_bytes().decode() for name in NAMES}


def test_what_is_not_announced_is_not_there(present):
    """A crash while keys were made leaves nothing that counts, and what is left is thrown away."""
    coming = Succession(present)
    create_secret(coming.next.ledger, b"half")
    assert not coming.announced
    assert coming.files() == present
    coming.clear()
    assert not coming.next.ledger.exists()


def test_only_what_is_new_is_another(present):
    """The rest stays what it is."""
    coming = made(present, "ledger.key")
    assert coming.files() == KeyFiles(
        present.node, present.next.ledger, present.tls_certificate, present.tls_key
    )
    with pytest.raises(Rejected, match="CONFLICT"):
        coming.clear()


def test_new_files_take_their_places(present):
    """And the old ones stay beside them; an older one of that name goes."""
    create_secret(present.node.with_name("node.key.old"), b"older")
    coming = made(present, "node.key", "tls.key", "tls.crt")
    coming.keep_record(b"record")
    assert coming.record() == b"record"
    coming.finish()
    assert content(present) == {
        "node.key": "new node.key", "ledger.key": "old ledger.key",
        "tls.crt": "new tls.crt", "tls.key": "new tls.key",
    }  # fmt: skip
    assert present.node.with_name("node.key.old").read_bytes() == b"old node.key"
    assert not present.ledger.with_name("ledger.key.old").exists()
    assert (coming.announced, coming.record(), coming.files()) == (False, None, present)
    coming.finish()


@pytest.mark.parametrize("dies", range(1, 20))
def test_a_crash_at_any_write_is_gone_on_from(present, monkeypatch, dies):
    """At every moment there is a whole file in each place, and the same files are to come."""
    coming = made(present, *NAMES)
    coming.keep_record(b"record")
    wanted = {name: f"new {name}" for name in NAMES}
    count = 0

    def counted(call):
        def work(*arguments, **options):
            nonlocal count
            count += 1
            if count == dies:
                raise OSError("the process ends here")
            return call(*arguments, **options)

        return work

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", counted(os.link))
        for name in ("replace", "unlink"):
            patch.setattr(Path, name, counted(getattr(Path, name)))
        with suppress(Broken):
            coming.finish()
    again = Succession(present)
    said = again.files()
    paths = (said.node, said.ledger, said.tls_certificate, said.tls_key)
    assert {path.name: path.read_bytes().decode() for path in paths} == wanted
    assert all(text.endswith(name) for name, text in content(present).items())
    again.finish()
    assert content(present) == wanted
