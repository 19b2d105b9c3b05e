"""What stands in lab.json, for people and programs."""

from typing import TYPE_CHECKING, Any

from tracehold.lab.plan import CHAIN_ID, Seat

if TYPE_CHECKING:
    from tracehold.lab.network import Lab


def published(lab: "Lab") -> dict[str, Any]:
    """Addresses, tokens, and the process ids of what runs now. The chain's `pid` is that of the process
    behind `rpc`.
    """
    plan = lab.plan
    pids = {name: lab.slot(name).pid for name in lab.chain.names}
    return {
        "nodes": [_node(lab, seat) for seat in plan.seats],
        "chain": {
            "backends": plan.backends,
            "rpc": plan.rpc,
            "contract": plan.contract,
            "chainId": CHAIN_ID,
            "pid": next(iter(pids.values()), None),
            "pids": pids,
            "dir": str((lab.dir / "chain").absolute()),
        },
        "quorum": plan.quorum,
        "target": plan.target,
    }


def _node(lab: "Lab", seat: Seat) -> dict[str, Any]:
    return {
        "name": seat.name,
        "operator": seat.operator,
        "grpc": seat.grpc,
        "rest": seat.rest,
        "peer": seat.peer,
        "captureToken": seat.capture_token,
        "readToken": seat.read_token,
        "pid": lab.slot(seat.name).pid,
        "dir": str(lab.home(seat.name).absolute()),
    }
