"""Acting on the contract with its admin's key."""

import asyncio
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
    """The contract's admin on the chain of this configuration. The connection is closed at the end."""
    from tracehold.adapters.ethereum.admin import Admin
    from tracehold.adapters.ethereum.client import Client
    from tracehold.adapters.keyfiles import read_ledger_key

    client = Client(config.ledger.rpc)
    try:
        yield Admin(client, read_ledger_key(admin_key or config.keys.ledger), asyncio.sleep)
    finally:
        await client.close()
