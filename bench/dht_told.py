"""Figures of lookups, as the bench writes them down."""

from typing import Any

from tests.network.asking import Outcome


def told(outcome: Outcome, **more: Any) -> dict[str, Any]:
    """The figures of some lookups."""
    times = {
        f"p{round(share * 100)}Ms": round(outcome.quantile(share) * 1e3, 1) for share in (0.5, 0.9, 0.99)
    }
    found = {
        "lookups": outcome.total,
        "all": outcome.every / outcome.total,
        "some": outcome.some / outcome.total,
    }
    return more | found | times | {"maxMs": round(max(outcome.times) * 1e3, 1)}
