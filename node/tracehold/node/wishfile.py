"""The wish to leave, as files in the data folder: written by `tracehold drain`, carried out by the node that
runs, which writes beside them how far it is.

    draining    the wish. Its name changes to `leaving` in one step when the node begins to revoke itself,
                so a wish is taken back in time or not at all
    leaving     the same wish, which is not taken back any more
    drained     how far the node is
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tracehold.adapters.keyfiles import create_secret
from tracehold.adapters.keyfiles.secrets import sync_folder
from tracehold.core.errors import Broken, Rejected
from tracehold.journey.leaving import Stage, Wish

_WISH, _BEGUN, _PROGRESS = "draining", "leaving", "drained"


class WishFile:
    """Those of one data folder. `journey.leaving.Wishes` for the node, and what its operator does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._wish, self._begun = folder / _WISH, folder / _BEGUN

    # -- the operator

    def ask(self, wish: Wish) -> None:
        """Let the node leave from now on; durable on return. The same wish again changes nothing, another one
        takes its place.
        """
        known = self.read()
        if known is not None and (known.begun or known.leave == wish.leave):
            return
        new = self._path(f".{_WISH}.new")
        new.unlink(missing_ok=True)
        create_secret(new, json.dumps({"since": wish.since, "leave": wish.leave}).encode())
        self._rename(new, self._wish)

    def cancel(self) -> None:
        """Let the node stay; durable on return. Raises `Rejected("CONFLICT")` where that is too late."""
        self._wish.unlink(missing_ok=True)
        if self._begun.exists():
            if self.left:
                raise Rejected(
                    "CONFLICT",
                    "the node has left: it is revoked on the contract, for good",
                    remedy="Enrol a new node with an empty folder.",
                )
            raise Rejected(
                "CONFLICT",
                "the node has begun to revoke itself on the contract",
                remedy="Let it finish; afterwards enrol a new node with an empty folder.",
            )
        self._path(_PROGRESS).unlink(missing_ok=True)
        sync_folder(self._folder)

    def progress(self) -> Mapping[str, Any] | None:
        """What the node told last about this wish; None before."""
        try:
            found: Mapping[str, Any] = json.loads(self._path(_PROGRESS).read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        wish = self.read()
        return found if wish and found.get("since") == wish.since else None

    @property
    def left(self) -> bool:
        """Whether the node told that it is revoked."""
        return (self.progress() or {}).get("stage") in {Stage.REVOKED, Stage.GONE}

    # -- the node

    @property
    def there(self) -> bool:
        """Whether there is a wish."""
        return self._wish.exists() or self._begun.exists()

    def read(self) -> Wish | None:
        """What is wished now."""
        for path, begun in ((self._wish, False), (self._begun, True)):
            try:
                return _parsed(path, path.read_bytes(), begun=begun)
            except FileNotFoundError:
                continue
            except PermissionError:  # of another user, who asks the node all the same
                return _parsed(path, b"", begun=begun)
        return None

    def begin(self) -> bool:
        """See `Wishes.begin`. Raises `Broken("STORE_FAILED")`."""
        return self._rename(self._wish, self._begun)

    def undo(self) -> None:
        """See `Wishes.undo`. Raises `Broken("STORE_FAILED")`."""
        self._rename(self._begun, self._wish)

    def tell(self, progress: Mapping[str, Any]) -> None:
        """Write how far it is, for the operator's command. Nothing depends on it, and a full disk ends
        nothing.
        """
        new = self._path(f".{_PROGRESS}.new")
        with suppress(OSError):
            new.write_text(json.dumps(progress))
            new.replace(self._path(_PROGRESS))

    def _rename(self, old: Path, new: Path) -> bool:
        try:
            os.rename(old, new)
            sync_folder(self._folder)
        except FileNotFoundError:
            return new.exists()
        except OSError as error:
            raise Broken("STORE_FAILED", f"cannot rename {old}") from error
        return True

    def _path(self, name: str) -> Path:
        return self._folder / name


def _parsed(path: Path, content: bytes, *, begun: bool) -> Wish:
    """A file made by hand is a wish, too: to hand over and stay a member."""
    try:
        said = json.loads(content or b"{}")
        return Wish(float(said.get("since", path.stat().st_mtime)), bool(said.get("leave")), begun)
    except (ValueError, TypeError, AttributeError):
        return Wish(path.stat().st_mtime, leave=False, begun=begun)
