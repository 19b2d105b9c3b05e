"""Where things come from and where they went: rules over facts, the same for every store and every node.

See docs/lineage.md for each rule and its reason. Questions are `Walk`s: they say what facts they want next
and do no input or output themselves.
"""

from tracehold.core.lineage.answers import (
    At,
    CommonResult,
    ContentsResult,
    Direction,
    Gap,
    GapReason,
    Held,
    HistoryEvent,
    HistoryResult,
    Role,
    SharedItem,
    StateResult,
    TracedItem,
    TraceResult,
    Wanted,
)
from tracehold.core.lineage.contents import contents
from tracehold.core.lineage.dealings import dealt, is_under
from tracehold.core.lineage.facts import Fact, Quantity, emptied, fact_of, found_under, touched
from tracehold.core.lineage.history import history
from tracehold.core.lineage.shared import common
from tracehold.core.lineage.state import state
from tracehold.core.lineage.trace import trace
from tracehold.core.lineage.voids import disputes, order, same_event, takes_back
from tracehold.core.lineage.walk import Walk

__all__ = [
    "At",
    "CommonResult",
    "ContentsResult",
    "Direction",
    "Fact",
    "Gap",
    "GapReason",
    "Held",
    "HistoryEvent",
    "HistoryResult",
    "Quantity",
    "Role",
    "SharedItem",
    "StateResult",
    "TraceResult",
    "TracedItem",
    "Walk",
    "Wanted",
    "common",
    "contents",
    "dealt",
    "disputes",
    "emptied",
    "fact_of",
    "found_under",
    "history",
    "is_under",
    "order",
    "same_event",
    "state",
    "takes_back",
    "touched",
    "trace",
]
