"""Writes docs/errors.md from the error table, or proves that it is what would be written.

tools/errors_doc.py            write
tools/errors_doc.py --check    compare; exit 1 on a difference
"""

import sys
from pathlib import Path

from tracehold.api.status import Refusal
from tracehold.core.errors import CODES, Code, Family

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "errors.md"

_INTRO = """\
# Errors

Written by `tools/errors_doc.py` from `core/errors.py`; do not edit.

Every error carries a stable code. On gRPC it is the `reason` of `google.rpc.ErrorInfo` (domain `tracehold`)
in the status details, and the field `error.reason` (with the prefix `ERROR_REASON_`) where one record of a
batch was refused. On REST it is the field `code` of the problem (RFC 9457). `path` points at what was
refused; `requestId` finds the call in the node's log. The text of an error is for people and may change; the
code does not.
"""
_FAMILIES: dict[Family, tuple[str, str]] = {
    "rejected": ("The caller must change something", "The same call is refused again."),
    "unavailable": ("Time will help", "The same call may be repeated; nothing that was answered is lost."),
    "broken": ("The operator must look", "The node stops rather than go on."),
}


def render() -> str:
    """The page."""
    return "\n".join([_INTRO, *(_section(family) for family in _FAMILIES)])


def _section(family: Family) -> str:
    title, text = _FAMILIES[family]
    rows = [_row(code) for code in CODES.values() if code.family == family]
    head = ["| code | gRPC | HTTP | cause | remedy |", "|---|---|---|---|---|"]
    return "\n".join([f"## {title}", "", text, "", *head, *rows, ""])


def _row(code: Code) -> str:
    http = Refusal(code.name, "", "", "", "").http
    return f"| `{code.name}` | {code.status} | {http} | {code.cause} | {code.remedy} |"


if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # in place of this file's folder
    from tools.derived import write_or_compare

    write_or_compare(TARGET, render)
