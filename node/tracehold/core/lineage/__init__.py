"""Where things come from and where they went: rules over facts, the same for every store and every node.

See docs/lineage.md for each rule and its reason. Questions are `Walk`s: they say what facts they want next
and do no input or output themselves.
"""

from tracehold.core.lineage.answers import (
    Affected,
    At,
    CommonResult,
    ContentsResult,
    Direction,
    Gap,
    GapReason,
    Held,
    HistoryEvent,
    HistoryResult,
    Holding,
    Met,
    RecallResult,
    Role,
    SharedItem,
    StateResult,
    TracedItem,
    TraceResult,
    Wanted,
    spoken_for,
)
from tracehold.core.lineage.contents import contents
from tracehold.core.lineage.dealings import dealt, is_under
from tracehold.core.lineage.declared import Declared, Namesakes, Taken
from tracehold.core.lineage.difference import Aspect, Became, Difference, Part, Picture, differences
from tracehold.core.lineage.facts import Fact, Quantity, emptied, fact_of, found_under, touched
from tracehold.core.lineage.hands import Custody, custody
from tracehold.core.lineage.history import history
from tracehold.core.lineage.intervals import Interval, stays
from tracehold.core.lineage.life import TOLERANCE, begun, makes, used_up
from tracehold.core.lineage.passing import MOST_MET, meeting_parties
from tracehold.core.lineage.readings import is_read, namesakes, readings, selected
from tracehold.core.lineage.recall import STANDING, RecalledResult, recall, recalled
from tracehold.core.lineage.shared import ComplaintResult, common, complaint
from tracehold.core.lineage.state import standing, state
from tracehold.core.lineage.steps import ARRIVING, SENT_OFF
from tracehold.core.lineage.trace import trace
from tracehold.core.lineage.voids import disputes, order, same_event, takes_back
from tracehold.core.lineage.walk import Walk

__all__ = [
    "ARRIVING",
    "MOST_MET",
    "SENT_OFF",
    "STANDING",
    "TOLERANCE",
    "Affected",
    "Aspect",
    "At",
    "Became",
    "CommonResult",
    "ComplaintResult",
    "ContentsResult",
    "Custody",
    "Declared",
    "Difference",
    "Direction",
    "Fact",
    "Gap",
    "GapReason",
    "Held",
    "HistoryEvent",
    "HistoryResult",
    "Holding",
    "Interval",
    "Met",
    "Namesakes",
    "Part",
    "Picture",
    "Quantity",
    "RecallResult",
    "RecalledResult",
    "Role",
    "SharedItem",
    "StateResult",
    "Taken",
    "TraceResult",
    "TracedItem",
    "Walk",
    "Wanted",
    "begun",
    "common",
    "complaint",
    "contents",
    "custody",
    "dealt",
    "differences",
    "disputes",
    "emptied",
    "fact_of",
    "found_under",
    "history",
    "is_read",
    "is_under",
    "makes",
    "meeting_parties",
    "namesakes",
    "order",
    "readings",
    "recall",
    "recalled",
    "same_event",
    "selected",
    "spoken_for",
    "standing",
    "state",
    "stays",
    "takes_back",
    "touched",
    "trace",
    "used_up",
]
