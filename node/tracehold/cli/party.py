"""`tracehold party`: whose keys speak in this node's log. Each command seals one control record."""

import asyncio
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracehold.cli.connection import open_client
from tracehold.cli.files import CONFIG_NAME, party_uri
from tracehold.cli.local import local
from tracehold.cli.output import JsonOption, note, reported, show_json
from tracehold.core.errors import Rejected

if TYPE_CHECKING:
    from tracehold.core.control import Control
    from tracehold.core.keys import Ed25519Key

app = typer.Typer(help="Parties and their keys, as this node's log enrols them.", no_args_is_help=True)

Folder = Annotated[Path, typer.Option(help="Folder of the node.")]
Party = Annotated[str, typer.Option(help="URI of the party.")]


@app.callback()
def _party() -> None:
    """Parties and their keys, as this node's log enrols them."""


@app.command("enrol")
def enrol(
    party: Party,
    key: Annotated[
        str,
        typer.Option(help="The party's public key as COSE_Key in hexadecimal digits (tracehold key show)."),
    ],
    dir: Folder = Path("node"),
    as_json: JsonOption = False,
) -> None:
    """From the next entry of the log on, this key signs for the party."""
    with reported(as_json):
        from tracehold.core.control import Enrol
        from tracehold.core.keys import PublicKey

        _seal(dir, Enrol(party_uri(party, "party"), PublicKey.from_cose(_bytes(key, "key"))), as_json)


@app.command("revoke")
def revoke(
    kid: Annotated[
        str, typer.Option(help="Thumbprint of the key, 64 hexadecimal digits (tracehold key show).")
    ],
    dir: Folder = Path("node"),
    suspect_since: Annotated[
        int | None, typer.Option(help="Index from which what the key signed is flagged as suspect.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """From the next entry of the log on, this key signs no more.

    Whatever time a record claims.
    """
    with reported(as_json):
        from tracehold.core.control import Revoke
        from tracehold.core.ids import KeyId

        _seal(dir, Revoke(KeyId(_bytes(kid, "kid")), suspect_since), as_json)


@app.command("mandate")
def mandate(
    party: Party,
    key: Annotated[Path, typer.Option(help="The party's own key file: it signs the mandate.")],
    dir: Folder = Path("node"),
    as_json: JsonOption = False,
) -> None:
    """The party lets this node's operator sign for it.

    Delegated records are shown as mandated, not as asserted.
    """
    with reported(as_json):
        from tracehold.adapters.keyfiles import read_signing_key
        from tracehold.config import load
        from tracehold.core.control import Mandate

        operator = load(dir / CONFIG_NAME).node.operator
        _seal(dir, Mandate(operator), as_json, party=party_uri(party, "party"), key=read_signing_key(key))


def _seal(
    dir: Path, says: "Control", as_json: bool, party: str = "", key: "Ed25519Key | None" = None
) -> None:
    answer = asyncio.run(_upload(dir, says, party, key))
    if as_json:
        show_json(answer)
    else:
        note(f"sealed as entry {answer['index']}: {answer['fingerprint']}")


async def _upload(dir: Path, says: "Control", party: str, key: "Ed25519Key | None") -> dict[str, object]:
    """Sign with the node's key for its operator, or with the party's own; then upload it as any statement."""
    from tracehold.adapters.keyfiles import read_signing_key
    from tracehold.config import load
    from tracehold.core.control import KIND_OF, encode_control
    from tracehold.core.ids import NetworkId
    from tracehold.core.record import Header, sign
    from tracehold_client import statement

    config = load(dir / CONFIG_NAME)
    signer = key or read_signing_key(config.keys.node)
    address, tls_ca = local(dir)
    async with open_client(address, None, tls_ca) as client:
        network = NetworkId(bytes.fromhex((await client.status()).network))
        header = Header(
            signer.public.alg, KIND_OF[type(says)], signer.public.kid, party or config.node.operator, network,
            int(time.time()), os.urandom(16),
        )  # fmt: skip
        (answer,) = await client.upload([statement(sign(header, encode_control(says), signer))])
        result = answer.unwrap()
    return {"fingerprint": result.fingerprint, "index": result.index, "log": result.log}


def _bytes(text: str, path: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise Rejected("BAD_REQUEST", "hexadecimal digits are expected", path=path) from error
