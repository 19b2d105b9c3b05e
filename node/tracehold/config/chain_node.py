"""The settings of the chain's node; they belong to `settings.Config`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainNodeSection:
    """The operator's own node of the chain (geth, Besu, ...), as far as its peers are to follow from the
    registry: it is peered with those of all active members, as their node records name them.
    """

    admin: str = ""
    """Its admin JSON-RPC: the path of its IPC socket (`geth.ipc`), or an address of loopback. Other addresses
    are refused: whoever reaches this interface commands the chain's node. Empty: its peers are the operator's
    business.
    """

    enode: str = ""
    """Under which enode others reach it, as the node record tells them. Default: what it says of itself where
    `admin` is set; where that is a loopback address and [peers] is not, with the host of [peers].
    """

    look_s: float = 10.0
    """Seconds between looks at the registry and at its peers."""
