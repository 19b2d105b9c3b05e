"""`tracehold key`: the key of a provider that signs its own events, and other keys for a node."""

from pathlib import Path
from typing import Annotated

import typer

from tracehold.cli import rotate
from tracehold.cli.output import JsonOption, note, reported, show_json

app = typer.Typer(help="Keys: a provider's own, and others for a node that runs.", no_args_is_help=True)
app.add_typer(rotate.app, name="rotate")

FileArgument = Annotated[Path, typer.Argument(help="Key file: 64 hexadecimal digits, readable by you only.")]


@app.command("new")
def new(file: FileArgument, as_json: JsonOption = False) -> None:
    """Make a key. An existing file is never overwritten."""
    from tracehold.adapters.keyfiles import create_signing_key

    with reported(as_json):
        create_signing_key(file)
        note(f"made {file}: keep it secret, and keep a copy")
        _show(file, as_json)


@app.command("show")
def show(file: FileArgument, as_json: JsonOption = False) -> None:
    """Print the public half, which a creator's operator enrols.

    With `tracehold party enrol --party URI --key HEX`.
    """
    with reported(as_json):
        _show(file, as_json)


def _show(file: Path, as_json: bool) -> None:
    from tracehold.adapters.keyfiles import read_signing_key

    public = read_signing_key(file).public
    if as_json:
        show_json({"key": public.cose_key().hex(), "kid": public.kid.hex()})
    else:
        typer.echo(public.cose_key().hex())
