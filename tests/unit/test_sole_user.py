"""One process a ledger key."""

import errno
import os
from pathlib import Path

import pytest

from tracehold.adapters.keyfiles.sole import sole_user
from tracehold.core.errors import Broken, Unavailable


def test_second_user_of_a_key_is_refused(tmp_path: Path):
    """While the first has it; and taken afterwards. Another key is not concerned."""
    key = tmp_path / "ledger.key"
    with sole_user(key), sole_user(tmp_path / "other.key"):
        with pytest.raises(Unavailable) as busy, sole_user(key):
            raise AssertionError("two users")
        assert busy.value.code == "KEY_BUSY"
        assert "ledger key" in busy.value.message
    with sole_user(key):
        assert (tmp_path / "ledger.key.lock").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_key_on_a_medium_that_takes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int):
    """The key itself is locked: a second user is refused there, too."""
    key, opened = tmp_path / "ledger.key", os.open
    key.write_text("00")

    def shut(path: Path, flags: int, *mode: int) -> int:
        if flags & os.O_CREAT:
            raise OSError(number, os.strerror(number))
        return opened(path, flags, *mode)

    monkeypatch.setattr(os, "open", shut)
    with sole_user(key):
        with pytest.raises(Unavailable, match="KEY_BUSY"), sole_user(key):
            raise AssertionError("two users")
        assert [each.name for each in tmp_path.iterdir()] == ["ledger.key"]
    with sole_user(key):
        pass
    key.unlink()
    with pytest.raises(Broken, match="STORE_FAILED"), sole_user(key):
        raise AssertionError("no key")


def test_lock_file_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Who may not open the lock that another user made is kept away by the key file itself, and the other way
    round.
    """
    key, opened = tmp_path / "ledger.key", os.open
    key.write_text("00")

    def foreign(path: Path, flags: int, *mode: int) -> int:
        if flags & os.O_CREAT:
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        return opened(path, flags, *mode)

    with sole_user(key):
        monkeypatch.setattr(os, "open", foreign)
        with pytest.raises(Unavailable, match="KEY_BUSY"), sole_user(key):
            raise AssertionError("two users")
    with sole_user(key):
        monkeypatch.setattr(os, "open", opened)
        with pytest.raises(Unavailable, match="KEY_BUSY"), sole_user(key):
            raise AssertionError("two users")


def test_key_that_was_replaced_under_its_user(tmp_path: Path):
    """A rotation puts another file in its place: the lock beside it holds on."""
    key, other = tmp_path / "ledger.key", tmp_path / "new.key"
    key.write_text("00")
    with sole_user(key):
        other.write_text("01")
        other.replace(key)
        with pytest.raises(Unavailable, match="KEY_BUSY"), sole_user(key):
            raise AssertionError("two users")


def test_folder_that_is_missing(tmp_path: Path):
    """Told as what it is."""
    with pytest.raises(Broken) as broken, sole_user(tmp_path / "none" / "ledger.key"):
        raise AssertionError("no file")
    assert broken.value.code == "STORE_FAILED"
