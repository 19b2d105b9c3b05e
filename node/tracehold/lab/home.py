"""The folder of one node of a lab: keys, certificate and configuration, as `tracehold init` makes them."""

import datetime
import hashlib
from pathlib import Path

from tracehold.adapters.keyfiles import (
    create_certificate,
    create_secret,
    create_signing_key,
    read_ledger_key,
    read_secret,
    read_signing_key,
)
from tracehold.core.leaf import leaf_name
from tracehold.lab.plan import Plan, Seat

CONFIG_NAME = "tracehold.toml"

_CONFIG = """\
# A node of a lab on this machine. docs/config.md describes every key.

[node]
operator = "{operator}"
name = "{name}"

[grpc]
listen = "{grpc}"

[rest]
listen = "{rest}"

[peers]
listen = "{peer}"

# Looks at the chain and anchors more often than a real network would pay for, and gives up sooner on whoever
# is silent.
[ledger]
rpc = "{rpc}"
contract = "{contract}"
poll_s = 0.2

[anchor]
seconds = 1.0

[replication]
target = {target}
patience_s = 1.0
suspect_s = 10.0
replace_s = 30.0
look_s = 2.0
{directory}
[[tokens]]
name = "capture"
sha256 = "{capture}"
roles = ["capture"]
party = "{operator}"

[[tokens]]
name = "read"
sha256 = "{read}"
roles = ["authority"]
"""


_DIRECTORY = """
[directory]
seeds = ["{seed}"]
"""


def make_keys(home: Path, network_key: Path) -> None:
    """The keys and the certificate that are missing; a copy of the secret that all members share."""
    keys = home / "keys"
    for name in ("node.key", "ledger.key"):
        make_key(keys / name)
    if not (keys / "network.key").exists():
        create_secret(keys / "network.key", read_secret(network_key))
    if not (keys / "tls.crt").exists():
        (keys / "tls.key").unlink(missing_ok=True)
        name = leaf_name(read_signing_key(keys / "node.key").public)
        now = datetime.datetime.now(datetime.UTC)
        create_certificate(keys / "tls.key", keys / "tls.crt", ["127.0.0.1", "localhost"], now, name)


def make_key(path: Path) -> None:
    """A secret of 32 bytes, where there is none."""
    if not path.exists():
        create_signing_key(path)


def account(key: Path) -> str:
    """The address of the ledger account with this key."""
    from eth_account import Account

    return str(Account.from_key(read_ledger_key(key)).address)


def make_config(home: Path, plan: Plan, seat: Seat) -> None:
    """The configuration, where there is none: what its owner changed stays."""
    if (home / CONFIG_NAME).exists():
        return
    text = _CONFIG.format(
        operator=seat.operator,
        name=seat.name,
        grpc=seat.grpc,
        rest=seat.rest.removeprefix("http://"),
        peer=seat.peer,
        rpc=plan.rpc,
        contract=plan.contract,
        target=plan.target,
        directory=_DIRECTORY.format(seed=seat.seed) if seat.seed else "",
        capture=_digest(seat.capture_token),
        read=_digest(seat.read_token),
    )
    create_secret(home / CONFIG_NAME, text.encode())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
