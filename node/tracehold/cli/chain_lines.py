"""How the chain and the account stand, in the lines of `tracehold status`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracehold.v1 import verify_pb2


def chain_lines(chain: "verify_pb2.ChainHealth") -> Iterator[str]:
    """Alarms first; finality and how it was found out, funds, and the addresses where there are several."""
    for alarm in chain.alarms:
        yield f"ALARM {alarm.code}: {alarm.message}. {alarm.remedy}"
    if chain.finality:
        final = f"block {chain.final_block}" if chain.HasField("final_block") else "no block yet"
        yield (
            f"finality: {chain.finality} ({chain.finality_found}); newest final {final}, "
            f"newest block {chain.height}"
        )
    if chain.balance_wei:
        left = (
            f"{chain.anchors_left} more anchors" if chain.HasField("anchors_left") else "anchors cost nothing"
        )
        yield f"funds: {chain.balance_wei} wei, {left}"
    if len(chain.endpoints) > 1:
        for each in chain.endpoints:
            yield f"chain at {each.place}: {_standing(each)}"


def _standing(found: "verify_pb2.ChainEndpoint") -> str:
    if not found.up:
        return f"DOWN, {found.detail}" if found.detail else "not asked yet"
    return f"block {found.height}{', in use' if found.in_use else ''}"
