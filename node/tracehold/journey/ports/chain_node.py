"""ChainNode: the operator's own node of the chain, as far as it lets us choose whom it talks to."""

from dataclasses import dataclass
from typing import Protocol

from tracehold.core.enode import Enode


@dataclass(frozen=True, slots=True)
class Capability:
    """What a node of the chain can do for us. `manages`: it takes and drops peers on our word. `enode` is its
    own, where it tells one. `detail` says why it does not manage.
    """

    software: str
    manages: bool
    enode: Enode | None = None
    detail: str = ""


class ChainNode(Protocol):
    """One node of the chain, of the same operator. Everything may be called at once, and repeated: a peer
    that is one already stays one, and who is none is removed without a word.

    Every method may raise `Unavailable("CHAIN_DOWN")`.
    """

    async def capability(self) -> Capability:
        """What it can do: asked once, and again after it did not answer. To manage nothing is no error."""
        ...

    async def peers(self) -> frozenset[str]:
        """Public keys of the nodes that it is connected with now, as in `Enode.node`."""
        ...

    async def add_peer(self, enode: Enode) -> None:
        """Have it connect to this node, and again whenever the connection is lost; until it is started anew.
        Does not wait for the connection. Raises `Rejected("BAD_URI")` where the client takes no such enode.
        """
        ...

    async def remove_peer(self, enode: Enode) -> None:
        """Have it disconnect, and not connect by itself any more. The other one may come back."""
        ...
