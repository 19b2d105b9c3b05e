"""The message that says how the chain and the account stand."""

from tracehold.core.errors import TraceholdError
from tracehold.journey.chainguard import ChainHealth
from tracehold.journey.ports import Endpoint
from tracehold.v1 import verify_pb2
from tracehold.wire.times import from_s


def chain_message(chain: ChainHealth | None) -> verify_pb2.ChainHealth | None:
    """As of the last look; None where nobody looks."""
    if chain is None:
        return None
    newest, final, funds = chain.newest, chain.finality, chain.funds
    return verify_pb2.ChainHealth(
        endpoints=[_endpoint(each) for each in chain.endpoints],
        height=newest.height if newest else 0,
        at=from_s(newest.time) if newest else None,
        stands_s=chain.stands_s,
        finality=final.policy if final else "",
        finality_found=final.how if final else "",
        final_block=final.height if final and final.height >= 0 else None,
        balance_wei=str(funds.balance) if funds else "",
        anchor_wei=str(funds.per_anchor) if funds else "",
        anchors_left=None if funds is None or funds.anchors is None else min(funds.anchors, (1 << 63) - 1),
        foreign=chain.foreign,
        alarms=[_alarm(each) for each in chain.alarms],
    )


def _endpoint(found: Endpoint) -> verify_pb2.ChainEndpoint:
    return verify_pb2.ChainEndpoint(
        place=found.place, in_use=found.in_use, up=found.up, height=found.height, detail=found.detail
    )


def _alarm(error: TraceholdError) -> verify_pb2.Alarm:
    return verify_pb2.Alarm(code=error.code, message=error.message, remedy=error.remedy)
