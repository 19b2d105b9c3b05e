"""Where the contract is, and what cannot change in one deployment of it."""

from dataclasses import dataclass

from tracehold.core.ids import NetworkId


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the contract is reached. `chain_id` 0 takes the chain's word; `secret` None only reads."""

    rpc: str
    contract: bytes
    chain_id: int = 0
    secret: bytes | None = None
    finality: str = "auto"
    first_block: int = 0
    """No event of the contract is older; only saves time."""
    timeout_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Fixed:
    """What cannot change in one deployment."""

    chain_id: int
    network_id: NetworkId
    salt: bytes
