"""Log lines as JSON, one a line: time, level, event and its facts. Secrets are struck out by name."""

import logging
from collections.abc import Callable
from typing import Any, TextIO, cast

import orjson
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

SECRET_WORDS = ("authorization", "token", "secret", "password", "seed", "private")
"""A fact whose name holds one of these words is never written."""

STRUCK_OUT = "***"


def make_logger(
    stream: TextIO, level: str = "info", clock: Callable[[], str] | None = None
) -> FilteringBoundLogger:
    """A logger of its own that writes to `stream`; `clock` gives
    the time's text (tests), else UTC in ISO 8601.
    """
    minimum = logging.getLevelNamesMapping()[level.upper()]
    return cast(
        "FilteringBoundLogger",
        structlog.wrap_logger(
            structlog.PrintLogger(stream),
            processors=_processors(clock),
            wrapper_class=structlog.make_filtering_bound_logger(minimum),
            cache_logger_on_first_use=True,
        ),
    )


def quiet_libraries(log: FilteringBoundLogger) -> None:
    """Send the warnings of libraries that use stdlib logging through `log`, and nothing below warnings.

    Their text is kept to its first line: a traceback of theirs may quote what a caller sent.
    """
    root = logging.getLogger()
    root.handlers = [_Forward(log)]
    root.setLevel(logging.WARNING)


class _Forward(logging.Handler):
    def __init__(self, log: FilteringBoundLogger) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage().partition("\n")[0][:500]
        self._log.log(record.levelno, "library", library=record.name, message=text)


def _processors(clock: Callable[[], str] | None) -> list[Processor]:
    stamp: Processor = structlog.processors.TimeStamper(fmt="iso", utc=True, key="time")
    if clock is not None:
        stamp = _stamped(clock)
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        stamp,
        structlog.processors.format_exc_info,
        strike_out_secrets,
        structlog.processors.JSONRenderer(serializer=_json),
    ]


def strike_out_secrets(_logger: WrappedLogger, _name: str, facts: EventDict) -> EventDict:
    """Replace the values of facts whose names hold a secret word."""
    for name in facts:
        if any(word in name.lower() for word in SECRET_WORDS):
            facts[name] = STRUCK_OUT
    return facts


def _stamped(clock: Callable[[], str]) -> Processor:
    def stamp(_logger: WrappedLogger, _name: str, facts: EventDict) -> EventDict:
        facts["time"] = clock()
        return facts

    return stamp


def _json(facts: Any, **_: Any) -> str:
    return orjson.dumps(facts, default=str).decode()
