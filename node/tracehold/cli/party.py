"""`tracehold party`: whose keys speak in this node's log. Each command seals one control record."""

import asyncio
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


@app.command("redact")
def redact(
    fingerprint: Annotated[str, typer.Argument(help="The record, 64 hexadecimal digits.")],
    index: Annotated[int, typer.Option(help="Its index in this node's log (tracehold receipt shows it).")],
    dir: Folder = Path("node"),
    party: Annotated[str, typer.Option(help="URI of the party; without it the operator asks for it.")] = "",
    key: Annotated[Path | None, typer.Option(help="The party's own key file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Have the bytes of a record deleted, here and at every holder.

    By its party with its key, or by the operator under law. Its place and its receipt stay; nothing brings
    the bytes back.
    """
    with reported(as_json):
        from tracehold.adapters.keyfiles import read_signing_key
        from tracehold.core.control import Redact
        from tracehold.core.ids import Fingerprint

        signer = read_signing_key(key) if key else None
        says = Redact(Fingerprint(_bytes(fingerprint, "fingerprint")), index)
        _seal(dir, says, as_json, party=party_uri(party, "party") if party else "", key=signer)


@app.command("move")
def move(
    party: Party,
    key: Annotated[Path, typer.Option(help="The party's own key file; both nodes have enrolled it.")],
    old: Annotated[str, typer.Option("--from", help="gRPC address of the node that the party leaves.")],
    new: Annotated[str, typer.Option("--to", help="gRPC address of the node that it comes to.")],
    from_ca: Annotated[Path | None, typer.Option(help="Certificate (PEM) of the old node.")] = None,
    to_ca: Annotated[Path | None, typer.Option(help="Certificate (PEM) of the new node.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The party changes operator, or runs a node of its own now.

    Said at the new node, whose operator vouches for it from then on, then at the old one, where none of its
    keys signs any more.
    """
    with reported(as_json):
        from tracehold.adapters.keyfiles import read_signing_key

        uri, signer = party_uri(party, "party"), read_signing_key(key)
        answer = asyncio.run(_move(uri, signer, (old, from_ca), (new, to_ca)))
        if as_json:
            show_json(answer)
        else:
            note(f"{party} speaks in log {answer['log']} of {answer['operator']} now")


async def _move(
    party: str, key: "Ed25519Key", old: tuple[str, Path | None], new: tuple[str, Path | None]
) -> dict[str, object]:
    from tracehold.core.control import Move
    from tracehold.core.ids import LogId, NetworkId
    from tracehold_client import Signer, statement

    async with open_client(old[0], None, old[1]) as left, open_client(new[0], None, new[1]) as here:
        was, now = await left.status(), await here.status()
        says = Move(now.operator, LogId(bytes.fromhex(now.log)), LogId(bytes.fromhex(was.log)))
        signer = Signer(key, party, NetworkId(bytes.fromhex(now.network)))
        # The new one first: until the old one has it too nothing has changed, and all may be repeated.
        for client in (here, left):
            (answer,) = await client.upload([statement(signer.control(says))])
            answer.unwrap()
    return {"party": party, "operator": now.operator, "log": now.log, "left": was.log}


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
    from tracehold.core.ids import NetworkId
    from tracehold_client import Signer, statement

    config = load(dir / CONFIG_NAME)
    signer = key or read_signing_key(config.keys.node)
    address, tls_ca = local(dir)
    async with open_client(address, None, tls_ca) as client:
        network = NetworkId(bytes.fromhex((await client.status()).network))
        made = Signer(signer, party or config.node.operator, network).control(says)
        (answer,) = await client.upload([statement(made)])
        result = answer.unwrap()
    return {"fingerprint": result.fingerprint, "index": result.index, "log": result.log}


def _bytes(text: str, path: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise Rejected("BAD_REQUEST", "hexadecimal digits are expected", path=path) from error
