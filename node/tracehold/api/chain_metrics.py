"""How the chain and the account that anchors stand, for Prometheus."""

from prometheus_client import CollectorRegistry, Gauge

from tracehold.journey.chainguard import ChainHealth

ALARMS = ("CHAIN_STALLED", "LOW_FUNDS", "NO_FUNDS", "FEE_CAP", "ACCOUNT_SHARED")
"""Codes of the alarms, so that an alert finds each series from the start."""


class ChainGauges:
    """Set at each scrape. What no look was answered for yet is -1."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._gauges = {
            name: Gauge(f"tracehold_ledger_{name}", text, registry=registry) for name, text in _GAUGES.items()
        }
        self._alarm = Gauge("tracehold_alarm", "Whether an alarm stands", ("code",), registry=registry)

    def stands(self, chain: ChainHealth | None) -> None:
        """As of the last look."""
        found = chain or ChainHealth()
        newest, final, funds = found.newest, found.finality, found.funds
        left = funds.anchors if funds else None
        values = {
            "height": newest.height if newest else -1,
            "block_stands_seconds": found.stands_s,
            "final_block": final.height if final else -1,
            "anchors_left": -1 if left is None else left,
            "foreign_transactions": found.foreign,
            "endpoints": len(found.endpoints),
            "endpoints_up": sum(each.up for each in found.endpoints),
        }
        for name, value in values.items():
            self._gauges[name].set(value)
        for code in ALARMS:
            self._alarm.labels(code).set(found.alarmed(code))


_GAUGES = {
    "height": "Number of the chain's newest block",
    "block_stands_seconds": "Seconds for which the newest block has been the newest",
    "final_block": "Number of the chain's newest final block",
    "anchors_left": "Anchors that the account still pays for at the fees of now; -1 where they cost nothing",
    "foreign_transactions": "Transactions of the account since the start that this node did not send",
    "endpoints": "Addresses of the chain that are configured",
    "endpoints_up": "Addresses of the chain that answer, with the right chain behind them",
}
