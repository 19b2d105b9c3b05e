"""Retirement of the own log: from then on nothing is sealed into it, for ever, by whatever process has this
folder. What is sealed already is anchored, kept and answered for as before.

It is a file in the data folder, so that a running node sees it at once. Its operator goes on with a new node,
whose log's header names this one (`tracehold init --successor-of`).
"""

import time
from collections.abc import Callable
from pathlib import Path

from tracehold.adapters.keyfiles import create_secret
from tracehold.config import Config
from tracehold.core.control import LogHeader, decode_control
from tracehold.core.errors import Broken, Rejected
from tracehold.core.ids import LogId
from tracehold.core.record import parse
from tracehold.journey.ports import RecordLog
from tracehold.node.own import data_folder

_FILE = "retired"
_LOST = "retired-lost"


def retire(config: Config, *, lost: bool = False) -> None:
    """Retire the log of this folder; durable on return; harmless to repeat. `lost`: by the operator's word
    nobody has the entries that are missing here, which may be given later, too. Raises STORE_FAILED.
    """
    # The word first: a crash in between leaves a log that is not retired, of which it says nothing.
    if lost and not is_lost(config):
        _write(data_folder(config) / _LOST)
    if not is_retired(config):
        _write(_mark(config))


def is_retired(config: Config) -> bool:
    """Whether the log of this folder is retired."""
    return _mark(config).exists()


def is_lost(config: Config) -> bool:
    """Whether the operator said that nobody has any more what this folder lacks. Says nothing of a log that
    is not retired.
    """
    return (data_folder(config) / _LOST).exists()


def unretired(config: Config) -> Callable[[], None]:
    """What returns while the log grows, and raises `Rejected("RETIRED")` once it is retired."""
    mark = _mark(config)

    def check() -> None:
        if mark.exists():
            raise Rejected("RETIRED", "the log of this node is retired")

    return check


async def predecessor_of(store: RecordLog, log: LogId) -> LogId | None:
    """The log that the header of this one names; None where it names none, or cannot be read."""
    try:
        header, *_ = await store.read(log, 0, 1)
        record = parse(header.raw)
        says = decode_control(record.header.kind, record.payload)
    except (Broken, Rejected, ValueError):
        return None
    return says.predecessor if isinstance(says, LogHeader) else None


def _mark(config: Config) -> Path:
    return data_folder(config) / _FILE


def _write(mark: Path) -> None:
    create_secret(mark, f"{int(time.time())}\n".encode())
