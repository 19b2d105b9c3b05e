"""The network on the chain: its contract, its operators and nodes, its quorum. Each step may be repeated."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tracehold.adapters.ethereum.admin import Admin, NewNode
from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.keyfiles import read_ledger_key
from tracehold.config import Config, load
from tracehold.core.ids import NetworkId
from tracehold.core.noderecord import parse_node_record
from tracehold.journey.ports import Role
from tracehold.node.chain_node import enode_of
from tracehold.node.number import number_of
from tracehold.node.own import contract_of, open_ledger, open_own, open_store
from tracehold.node.record import node_record

FUNDS = 10**21
"""Wei that a node's account gets: some years of anchors."""


@dataclass(frozen=True, slots=True)
class Founder:
    """The contract's admin: its key, and the node of the chain that it talks to in all that it does. Another
    one might not have the block yet that the last step waited for.
    """

    rpc: str
    key: Path
    poll_s: float

    async def deploy(self) -> str:
        """Deploy the contract of a new network, with quorum 0; its address."""
        async with self._admin() as admin:
            contract = await admin.deploy(NetworkId(os.urandom(32)), 0)
        return f"0x{contract.hex()}"

    async def enrol(self, config: Path) -> None:
        """Give the account of this configuration's node what anchors cost, and enrol the node and its
        operator as creator and holder; the node must not run.
        """
        settings = self._seen(config)
        raw = await _record(settings)
        async with open_ledger(settings) as ledger, self._admin() as admin:
            node = parse_node_record(raw, (await ledger.network()).network_id)
            if not any(member.log == node.log for member in await ledger.members()):
                await admin.pay(node.account, FUNDS)
                contract = contract_of(settings)
                operator = await admin.operator_of(contract, node.operator)
                operator = operator or await admin.enrol_operator(contract, node.operator)
                roles = (Role.CREATOR, Role.HOLDER)
                new = NewNode(operator, node.account, node.node_key.raw, node.log, roles, raw)
                await admin.enrol_node(contract, new)
            async with open_store(settings) as store:
                # Its own node of the chain may learn of it after the node's start, which looks only once.
                await number_of(store, ledger)

    async def set_quorum(self, config: Path, quorum: int) -> None:
        """Make the contract of this configuration ask for so many acknowledgements."""
        settings = self._seen(config)
        async with open_ledger(settings) as ledger, self._admin() as admin:
            if (await ledger.network()).quorum != quorum:
                await admin.set_quorum(contract_of(settings), quorum)

    def _seen(self, config: Path) -> Config:
        settings = load(config)
        return replace(settings, ledger=replace(settings.ledger, rpc=self.rpc, fallback_rpcs=()))

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[Admin]:
        client = Client(self.rpc)
        try:
            yield Admin(client, read_ledger_key(self.key), asyncio.sleep, self.poll_s)
        finally:
            await client.close()


async def _record(settings: Config) -> bytes:
    """The node's signed record; makes its log."""
    async with open_store(settings) as store, open_ledger(settings) as ledger:
        own = await open_own(settings, store, ledger)
        return node_record(settings, own, await enode_of(settings))
