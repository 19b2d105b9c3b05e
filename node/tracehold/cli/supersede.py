"""`tracehold supersede`: something else in the place of a record, sealed and said on the chain."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.answering import down
from tracehold.cli.connection import read_input
from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.output import JsonOption, note, reported, show_json, usage

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracehold.config import Config
    from tracehold.core.errors import Unavailable
    from tracehold.core.ids import Fingerprint
    from tracehold.journey.pointing import Pointer
    from tracehold.node.pointerfiles import PointerFiles

LOOK_S = 0.25


def supersede(
    record: Annotated[str, typer.Argument(help="Fingerprint of the record, 64 hexadecimal digits.")],
    replacement: Annotated[
        Path | None,
        typer.Argument(
            help="The signed statement that names the record; without, the node declares its event an error."
        ),
    ] = None,
    dir: Annotated[Path, typer.Option(help="Folder of the node in whose log the record stands.")] = Path(
        "node"
    ),
    timeout: Annotated[
        float,
        typer.Option(help="Seconds to wait until it is final; 0: only ask. The node goes on by itself."),
    ] = 120.0,
    as_json: JsonOption = False,
) -> None:
    """Seal a replacement of a record, and point to it on the chain.

    The node does it while it runs, and goes on after a crash. The same call again waits on. Of a log that is
    retired nothing is superseded any more (RETIRED).

    Exit codes: 0 done, 1 refused, 2 malformed, 5 not in time, 70 broken.
    """
    with reported(as_json):
        from tracehold.config import load
        from tracehold.node.own import data_folder
        from tracehold.node.pointerfiles import PointerFiles
        from tracehold.node.retiring import unretired

        config = load(dir / CONFIG_NAME)
        files = PointerFiles(data_folder(config))
        name = _fingerprint(record)
        _ask(files, name, _statement(replacement, name), unretired(config))
        found = _wait(files, name, time.monotonic() + timeout, config) if timeout else files.read(name)
        if found is None:
            raise AssertionError("it was asked for")
        if not timeout and (away := down(config)):
            note(f"{away}: it goes on once it runs")
        if as_json:
            show_json(_document(found))
        else:
            note(_line(found))


def _fingerprint(said: str) -> "Fingerprint":
    from tracehold.core.ids import Fingerprint

    if len(said) != 64 or set(said) - set("0123456789abcdef"):
        raise usage("a fingerprint is 64 lowercase hexadecimal digits")
    return Fingerprint(bytes.fromhex(said))


def _statement(file: Path | None, record: "Fingerprint") -> bytes:
    """The replacement's bytes, none where the node makes it. Raises what `parse` raises, and BAD_HEADER where
    it names another record.
    """
    if file is None:
        return b""
    from tracehold.core.errors import Rejected
    from tracehold.core.record import parse

    raw = read_input(file)
    if parse(raw).header.supersedes != record:
        raise Rejected(
            "BAD_HEADER", f"{file} does not name the record in its header", path="supersedes",
            remedy="Sign it with supersedes=FINGERPRINT (client library: Signer).",
        )  # fmt: skip
    return raw


def _ask(files: "PointerFiles", record: "Fingerprint", statement: bytes, check: "Callable[[], None]") -> None:
    """Raises CONFLICT where another replacement was asked for before, and what `check` raises where none was:
    a log that is retired takes no replacement, and soon no pointer.
    """
    from tracehold.core.errors import Rejected
    from tracehold.journey.pointing import Pointer, Stage

    known = files.read(record)
    if known is None or known.stage is Stage.FAILED:
        check()
        files.ask(Pointer(record, time.time(), statement))
    elif known.statement != statement:
        raise Rejected(
            "CONFLICT", "another replacement of this record was asked for before", path="replacement"
        )


def _wait(files: "PointerFiles", record: "Fingerprint", end: float, config: "Config") -> "Pointer":
    """The pointer when it is final. Raises DEADLINE, and CONFLICT where it failed."""
    from tracehold.core.errors import Rejected
    from tracehold.journey.pointing import Stage

    told, away = "", None
    while True:
        found = files.read(record)
        if found is not None and found.stage is Stage.FINAL:
            return found
        if found is not None and found.stage is Stage.FAILED:
            raise Rejected("CONFLICT", found.error)
        line = _line(found) if found else ""
        if line != told:
            note(told := line)
        if away is None and (away := down(config)):
            note(f"{away}: it goes on once it runs")
        if (left := end - time.monotonic()) <= 0:
            raise _late(line, down(config))
        time.sleep(min(LOOK_S, left))


def _late(line: str, away: str) -> "Unavailable":
    from tracehold.core.errors import Unavailable

    if away:
        remedy = "Start it: tracehold serve. It goes on by itself: call it again to wait on."
        return Unavailable("DEADLINE", f"{away}; {line}", remedy=remedy)
    remedy = "See tracehold status; the node goes on by itself: call it again to wait on."
    return Unavailable("DEADLINE", f"not final yet: {line}", remedy=remedy)


_SAID = {
    "asked": "the node was asked; its replacement is not sealed yet",
    "waiting": "the replacement is sealed; the record waits for its anchor",
    "sent": "the pointer was sent to the chain",
    "mined": "the pointer is in a block that is not final yet",
    "final": "superseded, and that is final",
}


def _line(found: "Pointer") -> str:
    after = f" by {found.replacement.hex()}" if found.replacement else ""
    return f"{found.fingerprint.hex()}{after}: {_SAID.get(found.stage, found.error)}"


def _document(found: "Pointer") -> dict[str, Any]:
    return {
        "record": found.fingerprint.hex(),
        "replacement": found.replacement.hex() if found.replacement else "",
        "stage": str(found.stage),
        "transaction": f"0x{found.transaction.hash.hex()}" if found.transaction else "",
    }
