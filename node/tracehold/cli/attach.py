"""`tracehold attach` and `tracehold fetch`: attachments to and from a node, over REST."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracehold.cli.connection import DEFAULT_REST, RestOption, TlsOption, TokenOption, read_input, read_token
from tracehold.cli.output import JsonOption, note, reported, say, show_json, usage
from tracehold.cli.progress import counted

if TYPE_CHECKING:
    from tracehold.core.blocks import Blocks
    from tracehold.core.record import Attachment
    from tracehold_client.attachments import Attachments

_NAME = re.compile(r"[0-9a-f]{64}|b[a-z2-7]{58}", re.ASCII)
_FINGERPRINT = re.compile(r"[0-9a-f]{64}", re.ASCII)


def attach(
    file: Annotated[Path, typer.Argument(help="The content, at most 1 GiB.")],
    rest: RestOption = DEFAULT_REST,
    token_file: TokenOption = None,
    tls_ca: TlsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring a file to the node, for a record that will name it.

    It is kept for the token's party, for a day and then as long as a record of that party names it.

    Exit codes: 0 kept, 1 refused, 2 malformed, 5 not reachable, 70 broken.
    """
    with reported(as_json):
        with _counted("attaching", file.stat().st_size if file.is_file() else None) as advance:
            blocks = open_attachments(rest, token_file, tls_ca).attach(file, advance)
        _show(blocks, as_json)


def fetch(
    name: Annotated[str, typer.Argument(help="The attachment's fingerprint or CID.")],
    record: Annotated[str, typer.Option(help="Fingerprint of a record that names it.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write; it must be new.")],
    rest: RestOption = DEFAULT_REST,
    token_file: TokenOption = None,
    tls_ca: TlsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch an attachment that a record names, and check it.

    The file appears when all bytes have come and are those that the name stands for.

    Exit codes: 0 written, 1 refused, 2 malformed, 5 not reachable, 70 broken.
    """
    with reported(as_json):
        if not _NAME.fullmatch(name) or not _FINGERPRINT.fullmatch(record):
            raise usage("a fingerprint has 64 hexadecimal digits, a CID 59 characters")
        if out.exists():
            raise usage(f"{out} exists", remedy="Name a new file; an existing one is never overwritten.")
        with _counted("fetching", None) as advance:
            blocks = open_attachments(rest, token_file, tls_ca).fetch(record, name, out, advance)
        _show(blocks, as_json)
        note(f"wrote {out}")


def bring(file: Path, rest: str, token_file: Path | None, tls_ca: Path | None) -> "Attachment":
    """Bring the file to the node; how a record names it. Its media type is told by its name."""
    from tracehold.core.record import Attachment

    with _counted("attaching", file.stat().st_size if file.is_file() else None) as advance:
        blocks = open_attachments(rest, token_file, tls_ca).attach(file, advance)
    media = guess_type(file.name)[0] or "application/octet-stream"
    return Attachment(blocks.fingerprint, blocks.size, media, blocks.digest)


def open_attachments(rest: str, token_file: Path | None, tls_ca: Path | None) -> "Attachments":
    """A client of the node's attachments."""
    from tracehold_client.attachments import Attachments

    ca = None if tls_ca is None else read_input(tls_ca)
    return Attachments(rest, token=read_token(token_file), tls_ca=ca)


@contextmanager
def _counted(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar of bytes."""
    done = 0

    def advance(more: int) -> None:
        nonlocal done
        done += more
        tell(done, total or done)

    with counted(title) as tell:
        yield advance


def _show(blocks: "Blocks", as_json: bool) -> None:
    digest = blocks.digest
    if as_json:
        show_json(
            {
                "fingerprint": blocks.fingerprint.hex(),
                "size": blocks.size,
                "blocks": digest.hex() if digest else None,
                "cid": str(blocks.cid),
            }
        )
        return
    say(f"{blocks.fingerprint.hex()}  {blocks.size} bytes")
    say(str(blocks.cid))
