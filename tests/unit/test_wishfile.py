"""The wish to leave, as files: asked for, taken back in time or not at all, and told how far it is."""

from pathlib import Path

import pytest

from tracehold.core.errors import Rejected
from tracehold.journey.leaving import Wish
from tracehold.node.wishfile import WishFile

WISH = Wish(1_790_000_000.5, leave=True)


def test_a_wish_is_read_as_it_was_asked(tmp_path: Path) -> None:
    """By another process too; the same again changes nothing, another one takes its place."""
    wishes = WishFile(tmp_path)
    assert (wishes.read(), wishes.there) == (None, False)
    wishes.ask(WISH)
    assert WishFile(tmp_path).read() == WISH
    assert wishes.there
    wishes.ask(Wish(2.0, leave=True))
    assert wishes.read() == WISH
    wishes.ask(Wish(3.0))
    assert wishes.read() == Wish(3.0)


def test_it_is_taken_back_before_the_node_begins_to_go(tmp_path: Path) -> None:
    """Then the node finds that there is none; nothing is left in the folder."""
    wishes = WishFile(tmp_path)
    wishes.ask(WISH)
    wishes.tell({"since": WISH.since, "stage": "asked"})
    wishes.cancel()
    assert not wishes.begin()
    assert wishes.read() is None
    assert list(tmp_path.iterdir()) == []
    wishes.cancel()


def test_afterwards_it_is_not_taken_back_until_the_contract_refused(tmp_path: Path) -> None:
    """Nor asked for otherwise. Beginning twice is harmless."""
    wishes = WishFile(tmp_path)
    wishes.ask(WISH)
    assert wishes.begin()
    assert wishes.begin()
    begun = Wish(WISH.since, leave=True, begun=True)
    for _ in range(2):
        with pytest.raises(Rejected) as caught:
            wishes.cancel()
        assert caught.value.code == "CONFLICT"
        wishes.ask(Wish(5.0))
        assert wishes.read() == begun
    wishes.undo()
    assert wishes.read() == WISH
    wishes.cancel()
    assert not wishes.there


def test_progress_is_that_of_the_wish_of_now(tmp_path: Path) -> None:
    """What was told about another one counts for nothing."""
    wishes = WishFile(tmp_path)
    assert wishes.progress() is None
    wishes.ask(WISH)
    assert wishes.progress() is None
    wishes.tell({"since": WISH.since, "stage": "handed"})
    assert wishes.progress() == {"since": WISH.since, "stage": "handed"}
    assert wishes.begin()
    assert wishes.progress() is not None
    wishes.undo()
    wishes.cancel()
    wishes.ask(Wish(9.0))
    assert wishes.progress() is None


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"yes", b'{"since": "soon"}', b"\xff"])
def test_a_file_made_by_hand_is_a_wish_to_hand_over(tmp_path: Path, content: bytes) -> None:
    """And never one to be revoked."""
    (tmp_path / "draining").write_bytes(content)
    found = WishFile(tmp_path).read()
    assert found is not None
    assert (found.leave, found.begun) == (False, False)
    assert found.since == (tmp_path / "draining").stat().st_mtime


def test_a_folder_that_takes_no_progress_ends_nothing(tmp_path: Path) -> None:
    """The wish stands; how far it is, is not known."""
    wishes = WishFile(tmp_path)
    wishes.ask(WISH)
    (tmp_path / ".drained.new").mkdir()
    wishes.tell({"since": WISH.since, "stage": "handed"})
    assert (wishes.read(), wishes.progress()) == (WISH, None)


def test_a_wish_of_another_user_is_a_wish_to_hand_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its content cannot be read: the node is not revoked for it."""
    WishFile(tmp_path).ask(WISH)

    def denied(path: Path) -> bytes:
        if path.name == "draining":
            raise PermissionError(path)
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "read_bytes", denied)
    found = WishFile(tmp_path).read()
    assert found is not None
    assert not found.leave
