"""`tracehold certificate`: a new TLS key and certificate for a node."""

from pathlib import Path
from typing import Annotated

import typer

from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.init import create_leaf
from tracehold.cli.output import JsonOption, note, reported, show_json


def certificate(
    dir: Annotated[Path, typer.Option(help="Folder of the node.")] = Path("node"), as_json: JsonOption = False
) -> None:
    """Make a new TLS key and certificate; the old pair stays as *.old.

    The node takes it at its next start. Clients that pinned the old certificate need the new one; other nodes
    of the network know a node by the certificate in its enrolled record.
    """
    with reported(as_json):
        from tracehold.config import load

        config = load(dir / CONFIG_NAME)
        for path in (config.keys.tls_certificate, config.keys.tls_key):
            if path.exists():
                path.replace(path.with_name(f"{path.name}.old"))
        create_leaf(
            config.keys.node,
            config.keys.tls_key,
            config.keys.tls_certificate,
            config.grpc.listen.rpartition(":")[0].strip("[]"),
        )
        if as_json:
            show_json({"certificate": str(config.keys.tls_certificate)})
        else:
            note(f"made {config.keys.tls_certificate}; restart the node")
