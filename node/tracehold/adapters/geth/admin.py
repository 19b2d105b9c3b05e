"""`journey.ports.ChainNode` over `admin_*`.

Clients differ (read in their sources and documentation, 2026): geth and reth answer `admin_addPeer` with
true;
Besu with false where the peer was named before; Nethermind with the enode. anvil and the embedded chain have
no such methods (-32601), Besu without P2P answers with an error. All of that is success, or a capability.
"""

import re
from collections.abc import Iterator
from typing import Any

from tracehold.adapters.geth.lines import Line, RpcRefusal, ask
from tracehold.core.enode import Enode, parse_enode
from tracehold.core.errors import Rejected, Unavailable
from tracehold.journey.ports.chain_node import Capability

_NODE = re.compile(r"(?:enode://|0x)?([0-9a-fA-F]{128})(?:@.*)?", re.ASCII)
_WORDS = re.compile(r"[ -~]{1,120}")


class ChainAdmin:
    """One client, over one line."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._capability: Capability | None = None

    async def capability(self) -> Capability:
        """As the port says."""
        if self._capability is None:
            self._capability = await self._probe()
        return self._capability

    async def peers(self) -> frozenset[str]:
        """As the port says; of what a client tells, the public key alone counts."""
        found = await self._ask("admin_peers")
        if not isinstance(found, list):
            raise Unavailable("CHAIN_DOWN", "the chain's node answers admin_peers with no list")
        return frozenset(node for each in found for node in _nodes(each))

    async def add_peer(self, enode: Enode) -> None:
        """As the port says."""
        try:
            await self._ask("admin_addPeer", str(enode))
        except RpcRefusal as refusal:
            raise Rejected("BAD_URI", f"the chain's node takes no such enode: {refusal.message}") from refusal

    async def remove_peer(self, enode: Enode) -> None:
        """As the port says."""
        try:
            await self._ask("admin_removePeer", str(enode))
        except RpcRefusal:
            return  # it was none

    async def _probe(self) -> Capability:
        software = await self._software()
        try:
            info = await self._ask("admin_nodeInfo")
        except RpcRefusal as refusal:
            return Capability(software, manages=False, detail=f"it has no admin RPC ({refusal.code})")
        return Capability(software, manages=True, enode=_own(info))

    async def _software(self) -> str:
        try:
            told = await self._ask("web3_clientVersion")
        except RpcRefusal:
            return "unnamed"
        return told if isinstance(told, str) and _WORDS.fullmatch(told) else "unnamed"

    async def _ask(self, method: str, *params: object) -> Any:
        try:
            return await ask(self._line, method, *params)
        except Unavailable:
            self._capability = None  # another client may stand there when it is back
            raise


def _own(info: object) -> Enode | None:
    """The enode that a client tells of itself. None where it has none, or one without an address of its own:
    geth that listens everywhere says [::] until it knows better.
    """
    told = info.get("enode") if isinstance(info, dict) else None
    if not isinstance(told, str):
        return None
    for text in (told, told.replace("@[::]:", "@127.0.0.1:").replace("@0.0.0.0:", "@127.0.0.1:")):
        try:
            return parse_enode(text)
        except Rejected:
            continue
    return None


def _nodes(peer: object) -> Iterator[str]:
    """Who a peer is: by its enode, and where there is none by the id that Besu gives."""
    told = peer if isinstance(peer, dict) else {}
    for name in ("enode", "id"):
        found = _NODE.fullmatch(str(told.get(name, "")))
        if found is not None:
            yield found[1].lower()
            return
