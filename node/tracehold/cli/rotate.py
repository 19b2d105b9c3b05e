"""`tracehold key rotate`: other keys for a node, which takes them while it runs."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.init import create_leaf
from tracehold.cli.output import JsonOption, note, reported, show_json

if TYPE_CHECKING:
    from tracehold.adapters.keyfiles import Succession
    from tracehold.config import Config

app = typer.Typer(help="Other keys for a node that runs.", no_args_is_help=True)

Folder = Annotated[Path, typer.Option(help="Folder of the node.")]
Timeout = Annotated[float, typer.Option(help="Seconds to wait; the node goes on by itself afterwards.")]
LOOK_S = 0.5


@app.callback()
def _rotate() -> None:
    """Other keys for a node that runs."""


@app.command("node")
def node(dir: Folder = Path("node"), timeout: Timeout = 120.0, as_json: JsonOption = False) -> None:
    """Replace the node key, and with it the certificate.

    The log names the new key, the contract follows, and what was signed before stays good. A retired log
    names none any more: RETIRED.
    """
    _carry_out(dir, timeout, as_json, "node key", _node_keys)


@app.command("ledger")
def ledger(dir: Folder = Path("node"), timeout: Timeout = 120.0, as_json: JsonOption = False) -> None:
    """Replace the ledger account; what the old one has goes over.

    The old one pays for telling the contract.
    """
    _carry_out(dir, timeout, as_json, "ledger account", _ledger_keys)


@app.command("tls")
def tls(dir: Folder = Path("node"), timeout: Timeout = 120.0, as_json: JsonOption = False) -> None:
    """Replace the TLS key and certificate.

    Other nodes learn it from the contract; clients that pinned the old certificate need the new one.
    """
    _carry_out(dir, timeout, as_json, "certificate", _tls_keys)


def _carry_out(
    dir: Path, timeout: float, as_json: bool, what: str, make: "Callable[[Config, Succession], None]"
) -> None:
    with reported(as_json):
        from tracehold.config import load
        from tracehold.core.errors import Rejected, Unavailable
        from tracehold.node.own import succession

        config = load(dir / CONFIG_NAME)
        coming = succession(config)
        coming.clear()
        make(config, coming)
        coming.announce()
        note(f"the node takes its new {what} while it runs; after a crash it goes on at its next start")
        end = time.monotonic() + timeout
        while coming.announced:
            if time.monotonic() > end:
                raise Unavailable("DEADLINE", f"the node has not taken its new {what} yet")
            time.sleep(LOOK_S)
        if coming.is_left:
            raise Rejected("RETIRED", f"the log is retired, and the node keeps its {what}")
        if as_json:
            show_json({"replaced": what})
        else:
            note(f"done; the old files stay as *.old in {config.keys.node.parent}")


def _node_keys(config: "Config", coming: "Succession") -> None:
    from tracehold.adapters.keyfiles import create_signing_key

    create_signing_key(coming.next.node)
    _leaf(config, coming, coming.next.node)


def _ledger_keys(config: "Config", coming: "Succession") -> None:
    from tracehold.adapters.keyfiles import create_signing_key

    create_signing_key(coming.next.ledger)


def _tls_keys(config: "Config", coming: "Succession") -> None:
    _leaf(config, coming, config.keys.node)


def _leaf(config: "Config", coming: "Succession", node_key: Path) -> None:
    host = config.grpc.listen.rpartition(":")[0].strip("[]")
    create_leaf(node_key, coming.next.tls_key, coming.next.tls_certificate, host)
