"""`tracehold backup` and `tracehold restore`: a node's folder in one file, and back."""

import datetime
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.output import JsonOption, note, reported, say, show_json, usage
from tracehold.cli.progress import counted

if TYPE_CHECKING:
    from tracehold.node.restoring import Chosen, Restored

app = typer.Typer(help="Copy a node, also one that runs, into a file.")

Passphrase = Annotated[
    Path | None, typer.Option(help="File with the passphrase that the key files are encrypted with.")
]
Log = Annotated[str, typer.Option(help="Id of the log that it must be a backup of.")]


@app.callback(invoke_without_command=True)
def backup(
    context: typer.Context,
    dir: Annotated[Path, typer.Option(help="Folder of the node, which may run.")] = Path("node"),
    out: Annotated[
        Path | None, typer.Option(help="The new file; or a folder, in which it is named for log and time.")
    ] = None,
    passphrase_file: Passphrase = None,
    with_attachments: Annotated[bool, typer.Option(help="Attachments, too.")] = False,
    keep: Annotated[
        int, typer.Option(min=0, help="In a folder: remove this log's backups but so many, the newest.")
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Copy a node, also one that runs, into a file.

    The log and all that cannot be made again from it, as of one moment, signed with the node key. Keys are in
    it with --passphrase-file alone, encrypted. Records are in it as they are: keep the file as you keep the
    folder, and no longer than you may keep what was redacted since.

    Exit codes: 0 done, 1, 2, 5 (no room, or another backup runs), 70 as everywhere.
    """
    if context.invoked_subcommand:
        return
    with reported(as_json):
        if out is None:
            raise usage("--out is missing: the file, or a folder")
        from tracehold.config import load
        from tracehold.node.backing_up import Wanted, take_backup

        begun = time.monotonic()
        wanted = Wanted(_passphrase(passphrase_file), with_attachments, keep)
        taken = take_backup(load(dir / CONFIG_NAME), out, wanted, counted)
        answer = {
            "file": str(taken.path),
            "bytes": taken.bytes,
            **_told(taken.manifest),
            "leftOut": list(taken.left_out),
            "removed": [str(path) for path in taken.removed],
            "seconds": round(time.monotonic() - begun, 1),
        }
        if as_json:
            show_json(answer)
            return
        say(f"{taken.path}: {taken.bytes} bytes, {answer['entries']} entries of {answer['logs']} logs")
        if passphrase_file is None:
            note("  the key files are not in it: keep copies of them, or give --passphrase-file")
        for name in taken.left_out:
            note(f"  left out, since no file of a node is named so: {name}")
        for path in taken.removed:
            note(f"  removed {path}")


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    passphrase_file: Passphrase = None,
    log: Log = "",
    as_json: JsonOption = False,
) -> None:
    """Check a backup as a restore would, and restore nothing.

    Every byte against the signed manifest, and every entry, checkpoint and anchor in it; with
    --passphrase-file that its keys can be opened. Needs room beside the file for what is in it, meanwhile.

    Exit codes: 0 it can be restored, 1 it cannot, 2, 5, 70 as everywhere.
    """
    with reported(as_json):
        from tracehold.node.restoring import verify_backup

        made = verify_backup(file, _chosen(passphrase_file, log), counted)
        _show(made, as_json, f"{file} is whole: it can be restored")


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    dir: Annotated[Path, typer.Option(help="The new folder of the node; must not be there, or be empty.")],
    passphrase_file: Passphrase = None,
    keys_only: Annotated[
        bool, typer.Option(help="Configuration and keys alone, for a log that comes back from the others.")
    ] = False,
    log: Log = "",
    as_json: JsonOption = False,
) -> None:
    """Make a node's folder of a backup, checked to the last entry.

    The folder is there whole or not at all. It is marked as an older copy: a start gets what was sealed since
    from the holders before anything new is sealed. Never start it beside a newer copy of it.

    Exit codes: 0 done, 1, 2, 5, 70 as everywhere.
    """
    with reported(as_json):
        from tracehold.node.restoring import restore as run

        made = run(file, dir, _chosen(passphrase_file, log, keys_only), counted)
        _show(made, as_json, f"{dir} is restored, to {_instant(made.manifest.taken_at)}")
        if not as_json:
            note(f"  next: tracehold doctor --dir {dir}   then: tracehold serve --dir {dir}")


def _chosen(passphrase_file: Path | None, log: str, keys_only: bool = False) -> "Chosen":
    from tracehold.cli.succession import log_id
    from tracehold.core.ids import LogId
    from tracehold.node.restoring import Chosen

    wanted = LogId(bytes.fromhex(log_id(log, "log"))) if log else None
    return Chosen(_passphrase(passphrase_file), keys_only, wanted)


def _passphrase(path: Path | None) -> bytes | None:
    """The first line of the file. Raises BAD_CONFIG, BAD_REQUEST where it is empty."""
    if path is None:
        return None
    from tracehold.adapters.keyfiles import read_secret

    found = read_secret(path).split(b"\n", 1)[0].rstrip(b"\r")
    if not found:
        raise usage(f"{path} holds no passphrase")
    return found


def _instant(ms: int) -> str:
    """RFC 3339, whole seconds."""
    return datetime.datetime.fromtimestamp(ms // 1000, datetime.UTC).isoformat().replace("+00:00", "Z")


def _told(says: Any) -> dict[str, Any]:
    own = says.images[0]
    return {
        "log": says.log.hex(),
        "network": says.network.hex(),
        "takenAt": _instant(says.taken_at),
        "size": own.size,
        "anchored": own.anchored,
        "root": own.root.hex(),
        "logs": len(says.images),
        "entries": sum(stop - start for image in says.images for start, stop in image.spans),
        "members": len(says.members),
    }


def _show(made: "Restored", as_json: bool, words: str) -> None:
    answer = _told(made.manifest)
    remarks: Sequence[str] = made.remarks
    if as_json:
        show_json({**answer, "keys": made.keys, "attachments": made.attachments, "remarks": list(remarks)})
        return
    say(f"{words}: {answer['entries']} entries of {answer['logs']} logs, the own one of {answer['size']}")
    for remark in remarks:
        note(f"  {remark}")
