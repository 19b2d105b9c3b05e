"""The settings of the chain and the contract; see `settings`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSection:
    """The chain and the contract that anchor the log."""

    rpc: str = "http://127.0.0.1:8545"
    """JSON-RPC address of the chain. A node of your own is
    best: it decides what this node takes for final.
    """

    fallback_rpcs: tuple[str, ...] = ()
    """Further JSON-RPC addresses of the same chain, asked in this order where `rpc` does not answer, lags
    behind or has pruned what is needed. One of another chain is refused and told. To let others use a chain's
    node of yours, never open the port of one that seals: docs/operations.md, What others may ask.
    """

    contract: str = ""
    """Address of the anchoring contract, 0x and 40 hexadecimal digits (`tracehold contract deploy`). Empty:
    the node does not start to seal. Once the log exists, change it to a contract that took over from this one
    alone (`tracehold contract carry-over`): any other is refused.
    """

    chain_id: int = 0
    """EIP-155 chain id that the chain must have. 0 takes the
    chain's word at each start: set it where it matters.
    """

    genesis: str = ""
    """Hash of the chain's block 0, 0x and 64 hexadecimal digits. Empty: that of the first start, which is
    kept
    in `chain.json` of the data folder; a chain that was set up again is refused either way.
    """

    finality: str = "auto"
    """When a block counts as final: `tag` (the chain's `finalized` tag), `depth:N` (N blocks on top),
    `instant` (chains that never reorganise), `auto` (the tag where the chain has it, else a depth that fits
    it). Danger: too small a depth calls records final that a reorganisation takes back.
    """

    poll_s: float = 1.0
    """Seconds between looks at the chain."""

    survey_s: float = 10.0
    """Seconds between looks at all addresses of the chain, at finality and at the account's funds; the node
    goes back to `rpc` then, where it stood in for a time.
    """

    stall_s: float = 60.0
    """Seconds without a new block after which the chain is told as stalled (CHAIN_STALLED). Reads go on.
    Chains that make blocks only of transactions are stalled only where one of ours waits.
    """

    low_funds_anchors: int = 1_000
    """Warn (LOW_FUNDS) where the account pays for fewer anchors than this at the fees of now. 0: never."""

    replace_after_s: float = 60.0
    """Seconds that a transaction waits for a block before it is sent again at a higher fee."""

    replace_factor: float = 1.25
    """How many times the old fee the new one is at least. Pools refuse less than 1.1."""

    max_fee_gwei: float = 0.0
    """Fee for a unit of gas, in gwei (10^9 wei), that is never exceeded, by a replacement neither; what waits
    for lower fees is told as FEE_CAP. 0: no cap but sixteen times what the chain asks at the moment.
    """
