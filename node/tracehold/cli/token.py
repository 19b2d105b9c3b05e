"""`tracehold token`: what readers and back-ends present to a node. Only the hash of a token is kept."""

import hashlib
import secrets
from pathlib import Path
from typing import Annotated

import typer

from tracehold.cli.files import CONFIG_NAME, check_text, party_uri, replace_file
from tracehold.cli.output import JsonOption, note, reported, show_json

app = typer.Typer(help="Tokens of readers and back-ends.", no_args_is_help=True)

ROLES = ("capture", "interest", "authority", "operator")

_ENTRY = """
[[tokens]]
name = "{name}"
sha256 = "{digest}"
roles = [{roles}]
party = "{party}"
"""


@app.callback()
def _tokens() -> None:
    """Tokens of readers and back-ends."""


@app.command("add")
def add(
    name: Annotated[str, typer.Option(help="Who gets it; shown in logs instead of the token.")],
    dir: Annotated[Path, typer.Option(help="Folder of the node.")] = Path("node"),
    role: Annotated[
        list[str] | None, typer.Option(help=f"One of {', '.join(ROLES)}; may be repeated.")
    ] = None,
    party: Annotated[str, typer.Option(help="URI of the party that its bearer speaks for.")] = "",
    out: Annotated[Path | None, typer.Option(help="Write the token to this file instead of stdout.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a token, which is shown once.

    The node keeps its hash. A running node takes it at its next start.
    """
    with reported(as_json):
        token = create(dir, name, tuple(role or ()), party, out)
        if out is not None:
            note(f"wrote {out}")
        elif as_json:
            show_json({"name": name, "token": token, "roles": role or [], "party": party})
        else:
            typer.echo(token)
        note("a running node takes it at its next start")


def create(dir: Path, name: str, roles: tuple[str, ...], party: str, out: Path | None = None) -> str:
    """Append the token's hash to the node's configuration and
    return the token. Raises BAD_CONFIG, BAD_REQUEST.
    """
    from tracehold.adapters.keyfiles import create_secret
    from tracehold.config import load
    from tracehold.core.errors import Rejected

    config = dir / CONFIG_NAME
    if not config.exists():
        raise Rejected("BAD_CONFIG", f"{config} is missing", remedy="Run tracehold init first.")
    party = party_uri(party, "party") if party else ""
    check_text(name=name, party=party)
    if any(token.name == name for token in load(config).tokens):
        raise Rejected(
            "CONFLICT", f"there is a token named {name}", path="name", remedy="Choose another name."
        )
    for role in roles:
        if role not in ROLES:
            raise Rejected(
                "BAD_REQUEST", f"{role} is no role", path="role", remedy=f"Use {', '.join(ROLES)}."
            )
    if "capture" in roles and not party:
        raise Rejected("BAD_REQUEST", "the role capture needs a party to speak for", path="party")
    token = secrets.token_urlsafe(32)
    if out is not None:
        # First: a token that nobody has must not stand in the configuration.
        create_secret(out, token.encode() + b"\n")
    entry = _ENTRY.format(
        name=name,
        digest=hashlib.sha256(token.encode()).hexdigest(),
        roles=", ".join(f'"{role}"' for role in roles),
        party=party,
    )
    replace_file(config, config.read_text(encoding="utf-8") + entry)
    return token
