"""The folder of one node of a lab: keys, certificate and configuration, as `tracehold init` makes them."""

import datetime
import hashlib
import json
import os
from dataclasses import dataclass
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
ADMIN_KEY = "admin.key"
"""The key of the contract's admin, in the folder of the lab."""

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
{fallbacks}contract = "{contract}"
poll_s = 0.2

[anchor]
seconds = 1.0

[replication]
target = {target}
patience_s = 1.0
suspect_s = 10.0
replace_s = 30.0
look_s = 2.0

[audit]
{audit}
{chain_node}{directory}
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


_FALLBACKS = """\
fallback_rpcs = {rpcs}
"""

_CHAIN_NODE = """
# The company's own node of the chain: it is peered with those of all members.
[chain_node]
admin = "{admin}"
look_s = 1.0
"""

_DIRECTORY = """
[directory]
seeds = ["{seed}"]
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a company reaches the chain: at `rpc`, and at `fallbacks` where that is silent. `admin` is the
    socket of its own node of the chain, where it has one.
    """

    rpc: str
    fallbacks: tuple[str, ...] = ()
    admin: Path | None = None


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


def make_config(home: Path, plan: Plan, seat: Seat, place: Place | None = None) -> None:
    """The configuration, where there is none: what its owner changed stays. `place` is where it reaches the
    chain, by default at `plan.rpc`.
    """
    if (home / CONFIG_NAME).exists():
        return
    place = place or Place(plan.rpc)
    text = _CONFIG.format(
        operator=seat.operator,
        name=seat.name,
        grpc=seat.grpc,
        rest=seat.rest.removeprefix("http://"),
        peer=seat.peer,
        rpc=place.rpc,
        fallbacks=_FALLBACKS.format(rpcs=json.dumps(place.fallbacks)) if place.fallbacks else "",
        # Relative to the folder: the lab may be moved.
        audit=_audit(plan.audits_s),
        chain_node=_CHAIN_NODE.format(admin=os.path.relpath(place.admin, home)) if place.admin else "",
        contract=plan.contract,
        target=plan.target,
        directory=_DIRECTORY.format(seed=seat.seed) if seat.seed else "",
        capture=_digest(seat.capture_token),
        read=_digest(seat.read_token),
    )
    create_secret(home / CONFIG_NAME, text.encode())


def _audit(epoch_s: int) -> str:
    """Off unless the lab has audits: a custody record in between would be an entry that nobody expects."""
    return f"epoch_s = {epoch_s}\nwindow_s = {epoch_s / 4}" if epoch_s else "samples = 0"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
