"""Where the contract is and how it is reached."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeePolicy:
    """What the account may offer for a unit of gas: never over `cap` wei (0: no cap of its own); a
    replacement offers at least `factor` times the old fee.
    """

    cap: int = 0
    factor: float = 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the contract is reached. `chain_id` 0 and an empty `genesis` take the chain's word at first;
    `secret`
    None only reads.
    """

    rpc: str
    contract: bytes
    fallback_rpcs: tuple[str, ...] = ()
    chain_id: int = 0
    genesis: bytes = b""
    secret: bytes | None = None
    finality: str = "auto"
    first_block: int = 0
    """No event of the contract is older; only saves time."""
    timeout_s: float = 10.0
    fees: FeePolicy = FeePolicy()
