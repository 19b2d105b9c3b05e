"""One process a ledger key."""

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


def test_folder_that_is_missing(tmp_path: Path):
    """Told as what it is."""
    with pytest.raises(Broken) as broken, sole_user(tmp_path / "none" / "ledger.key"):
        raise AssertionError("no file")
    assert broken.value.code == "STORE_FAILED"
