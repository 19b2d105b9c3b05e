"""The folder of one node of a Clique network. It needs nothing outside itself and may be moved to the machine
of its operator.

    node.env       its settings, one KEY=VALUE a line, read by start.sh and by us
    start.sh       starts it (the same text for every node)
    genesis.json   the first block of the network
    keystore/      the key that seals, locked with what stands in `password`
    data/          the chain; data/geth.ipc while it runs: the socket for its owner
    geth.log       what it says, where `tracehold chain start` started it
"""

import json
import re
import secrets
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from tracehold.adapters.keyfiles import create_secret
from tracehold.core.errors import Broken, Rejected

SETTINGS, START, GENESIS = "node.env", "start.sh", "genesis.json"
LIGHT_SCRYPT = 4096
"""geth's --lightkdf. Whoever reads the keystore reads the password beside it: more work protects nothing."""

_SETTINGS = """\
# Settings of one node, read by start.sh and by tracehold chain: KEY=VALUE, without quotes.
NAME={name}
CHAIN_ID={chain_id}
# The account that seals here once the others let it.
ACCOUNT={account}
# yes: it seals as soon as it is a sealer. no: it never does.
SEALS={seals}
# Where the other nodes reach it: an address of this machine, and its port.
LISTEN={listen}
# extip:ADDRESS where the others see this machine under another address than LISTEN says.
NAT=none
# It speaks to peers within these networks alone (CIDR, with commas between): those of the other members.
NETRESTRICT=127.0.0.0/8
# JSON-RPC on loopback. Who reaches it can vote with this node's account: keep it there.
HTTP_PORT={http_port}
AUTH_PORT={auth_port}
# Memory for the database, in MiB.
CACHE_MB=64
"""


@dataclass(frozen=True, slots=True)
class Member:
    """The settings of one node. `listen` is host and port; `account` has 0x and 40 digits."""

    name: str
    chain_id: int
    account: str
    seals: bool
    listen: str
    http_port: int
    auth_port: int


def create(folder: Path, member: Member, secret: bytes, genesis: str) -> None:
    """Write the folder of this node, whose account has this secret. Raises CONFLICT where it is there."""
    password = secrets.token_urlsafe(24)
    create_secret(folder / "keystore" / "sealer.json", _locked(secret, password).encode())
    create_secret(folder / "password", f"{password}\n".encode())
    create_secret(folder / GENESIS, genesis.encode())
    create_secret(folder / START, start_script().encode())
    seals = "yes" if member.seals else "no"
    # Last: it makes the folder a node.
    create_secret(folder / SETTINGS, _SETTINGS.format(**asdict(member) | {"seals": seals}).encode())


def start_script() -> str:
    """The text of start.sh."""
    return files(__package__).joinpath(START).read_text(encoding="utf-8")


def read(folder: Path) -> Member:
    """The node of this folder. Raises NOT_FOUND where there is none, BAD_CONFIG where a setting is amiss."""
    path = folder / SETTINGS
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise Rejected("NOT_FOUND", f"{folder} holds no node of a chain", path="dir") from error
    except (OSError, ValueError) as error:
        raise Broken("CORRUPT", f"{path} cannot be read") from error
    said = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    try:
        return _member({key.strip(): value.strip().strip("'\"") for key, value in said.items()})
    except (KeyError, ValueError) as error:
        what = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise Rejected("BAD_CONFIG", f"{path}: {what}", path=str(path)) from error


def _member(said: dict[str, str]) -> Member:
    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", said["ACCOUNT"]):
        raise ValueError("ACCOUNT is no address")
    if said["SEALS"] not in {"yes", "no"}:
        raise ValueError("SEALS is yes or no")
    return Member(
        name=said["NAME"],
        chain_id=_number(said, "CHAIN_ID"),
        account=said["ACCOUNT"],
        seals=said["SEALS"] == "yes",
        listen=said["LISTEN"],
        http_port=_number(said, "HTTP_PORT"),
        auth_port=_number(said, "AUTH_PORT"),
    )


def _number(said: dict[str, str], key: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,15}", said[key]):
        raise ValueError(f"{key} is no number")
    return int(said[key])


def _locked(secret: bytes, password: str) -> str:
    from eth_account import Account

    found: dict[str, Any] = Account.encrypt(secret, password, kdf="scrypt", iterations=LIGHT_SCRYPT)
    return json.dumps(found)
