"""Acting on the contract with its admin's key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tracehold.adapters.ethereum.admin import Admin
    from tracehold.config import Config

AdminKey = Annotated[
    Path | None, typer.Option(help="Key file of the contract's admin; default: the node's account.")
]


@asynccontextmanager
async def administering(config: "Config", admin_key: Path | None) -> "AsyncIterator[Admin]":
    """The contract's admin on the chain of this configuration, by its addresses and with its fees as the node
    has them. The connection is closed at the end. Raises KEY_BUSY while a node, or another command, sends
    with the same key.
    """
    from tracehold.adapters.keyfiles import read_ledger_key
    from tracehold.adapters.keyfiles.sole import sole_user
    from tracehold.node.own import sending

    key = admin_key or config.keys.ledger
    async with sending(config, read_ledger_key(key)) as admin:
        with sole_user(key):
            yield admin
