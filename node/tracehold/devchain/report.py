"""One JSON object a line on standard error: what the operator reads, and never what a client is told."""

import json
import sys
import traceback
from datetime import UTC, datetime


def report(event: str, *, error: BaseException | None = None, **fields: object) -> None:
    """Write one line. `error` adds its type, text and trace, which go nowhere else."""
    line: dict[str, object] = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event}
    line |= fields
    if error is not None:
        line["error"] = f"{type(error).__name__}: {error}"
        line["trace"] = "".join(traceback.format_exception(error))[-4000:]
    print(json.dumps(line, default=str), file=sys.stderr, flush=True)
