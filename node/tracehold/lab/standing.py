"""How a lab stands: each node by its own word, and by whether its process runs."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tracehold.lab.network import Lab
from tracehold.lab.plan import Seat
from tracehold.lab.readiness import status_of

COUNTS = ("sealed", "anchored", "final", "indexed")


def standing(lab: Lab) -> dict[str, Any]:
    """One object for each node, and the chain; all nodes are asked at once. A node that is down has no
    counts.
    """
    seats = lab.plan.seats
    with ThreadPoolExecutor(len(seats)) as threads:
        said = threads.map(status_of, seats)
    pids = {name: lab.slot(name).pid for name in lab.chain.names}
    return {
        "nodes": [_line(lab, seat, status) for seat, status in zip(seats, said, strict=True)],
        "chain": {
            "backends": lab.plan.backends,
            "up": lab.chain.up,
            "pid": next(iter(pids.values()), None),
            "pids": pids,
            "rpc": lab.plan.rpc,
        },
        "quorum": lab.plan.quorum,
        "target": lab.plan.target,
    }


def _line(lab: Lab, seat: Seat, status: dict[str, Any] | None) -> dict[str, Any]:
    pid = lab.slot(seat.name).pid
    counts = {name: int(status[name]) if status else None for name in COUNTS}
    return {
        "node": seat.name,
        "state": "DOWN" if pid is None else "up" if status else "not answering",
        "pid": pid,
        **counts,
        "copies": _copies(status),
        "faults": list(status["faults"]) if status else [],
        "grpc": seat.grpc,
        "rest": seat.rest,
    }


def _copies(status: dict[str, Any] | None) -> str | None:
    """Of the segment that has the fewest."""
    return f"{status['copies']['kept']} of {status['copies']['target']}" if status else None
