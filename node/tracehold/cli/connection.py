"""Which node, with which token: the options that all commands share which talk to one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracehold.cli.output import usage

if TYPE_CHECKING:
    from tracehold_client import AsyncClient

NodeOption = Annotated[
    str, typer.Option("--node", envvar="TRACEHOLD_NODE", help="The node's gRPC address, host:port.")
]
RestOption = Annotated[
    str, typer.Option("--rest", envvar="TRACEHOLD_REST", help="The node's REST address, http://host:port.")
]
TokenOption = Annotated[
    Path | None,
    typer.Option("--token-file", envvar="TRACEHOLD_TOKEN_FILE", help="File that holds the token."),
]
TlsOption = Annotated[
    Path | None,
    typer.Option("--tls-ca", envvar="TRACEHOLD_TLS_CA", help="The node's certificate (PEM)."),
]

DEFAULT_NODE = "127.0.0.1:7450"
DEFAULT_REST = "http://127.0.0.1:7480"


def read_token(path: Path | None) -> str | None:
    """The token in the file; None without a file. Raises BAD_REQUEST where it cannot be read."""
    if path is None:
        return None
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise usage(f"cannot read the token file {path}") from error
    if not token:
        raise usage(f"{path} holds no token")
    return token


def read_input(path: Path) -> bytes:
    """The file's bytes. Raises BAD_REQUEST where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise usage(f"cannot read {path}") from error


def open_client(node: str, token_file: Path | None, tls_ca: Path | None) -> "AsyncClient":
    """A client of the node; for the running event loop."""
    from tracehold_client import AsyncClient

    ca = None if tls_ca is None else read_input(tls_ca)
    return AsyncClient(node, token=read_token(token_file), tls_ca=ca)
