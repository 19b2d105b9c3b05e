"""What is doubtful about events, given the others: warnings, coded, each naming the other event.

See docs/quality.md for each code, an example, and the reasons. Pure: `judge` is a function of facts alone.
"""

from tracehold.core.quality.codes import REFUSABLE, Code
from tracehold.core.quality.finding import (
    MESSAGES,
    MOST_OF_SUBJECT,
    MOST_SHOWN,
    Finding,
    Kind,
    Subject,
)
from tracehold.core.quality.judge import EMPTIED, contents, judge, moves, places, reach, subjects
from tracehold.core.quality.placing import in_payload, may_differ
from tracehold.core.quality.stays import DEPTH, parents

__all__ = [
    "DEPTH",
    "EMPTIED",
    "MESSAGES",
    "MOST_OF_SUBJECT",
    "MOST_SHOWN",
    "REFUSABLE",
    "Code",
    "Finding",
    "Kind",
    "Subject",
    "contents",
    "in_payload",
    "judge",
    "may_differ",
    "moves",
    "parents",
    "places",
    "reach",
    "subjects",
]
