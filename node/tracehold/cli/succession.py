"""What a new node takes over from a retired one."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from tracehold.cli.files import CONFIG_NAME
from tracehold.core.errors import Rejected


@dataclass(frozen=True, slots=True)
class Inherited:
    """Whose node it is, on which chain and contract, and the log that it continues (hexadecimal digits)."""

    operator: str
    rpc: str
    contract: str
    predecessor: str


def inherited(dir: Path) -> Inherited:
    """What the retired node in this folder leaves. Raises `Rejected("CONFLICT")` where it is not retired,
    NOT_FOUND where it has no log, BAD_CONFIG.
    """
    from tracehold.cli.retire import own_log
    from tracehold.config import load
    from tracehold.node.retiring import is_retired

    if not (dir / CONFIG_NAME).is_file():
        raise Rejected(
            "BAD_CONFIG", f"{dir} is no folder of a node", path="successor_of",
            remedy="Name the retired node's folder; where it is gone, give --operator and --predecessor.",
        )  # fmt: skip
    config = load(dir / CONFIG_NAME)
    if not is_retired(config):
        raise Rejected(
            "CONFLICT", "the log in that folder may still grow", path="successor_of",
            remedy=f"Run tracehold retire --dir {dir} first; it cannot be undone.",
        )  # fmt: skip
    log = asyncio.run(own_log(config))
    return Inherited(config.node.operator, config.ledger.rpc, config.ledger.contract, log.hex())


def share_network_key(old: Path, new: Path) -> None:
    """Let the new node have the secret that all members share, where the old one has it. Raises as
    `create_secret`.
    """
    from tracehold.adapters.keyfiles import create_secret, read_secret
    from tracehold.config import load

    there, here = load(old / CONFIG_NAME).keys.network, new / "keys" / "network.key"
    if there.exists() and not here.exists():
        create_secret(here, read_secret(there))


def log_id(text: str, path: str = "predecessor") -> str:
    """The id of a log, or nothing. Raises BAD_REQUEST."""
    if text and (len(text) != 64 or set(text) - set("0123456789abcdef")):
        raise Rejected("BAD_REQUEST", "a log's id is 64 lowercase hexadecimal digits", path=path)
    return text
