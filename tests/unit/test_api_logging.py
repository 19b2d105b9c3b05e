"""Log lines: JSON, one a line, without secrets."""

import io
import json
import logging

import pytest

from tracehold.api.logging import STRUCK_OUT, make_logger, quiet_libraries


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    """The lines so far."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object():
    """Time, level, event and facts, whatever the facts hold: line breaks cannot forge a second line."""
    stream = io.StringIO()
    make_logger(stream, clock=lambda: "now").info("sealed", records=3, note='a"b\n{"event":"forged"}')
    assert lines(stream) == [
        {"time": "now", "level": "info", "event": "sealed", "records": 3, "note": 'a"b\n{"event":"forged"}'}
    ]


def test_levels_below_the_minimum_are_left_out():
    """`warning` writes warnings and worse."""
    stream = io.StringIO()
    log = make_logger(stream, "warning")
    log.info("no")
    log.warning("yes")
    assert [line["event"] for line in lines(stream)] == ["yes"]


@pytest.mark.parametrize(
    "name", ["authorization", "Authorization", "capture_token", "seed", "private_key", "password"]
)
def test_secrets_are_struck_out_by_name(name: str):
    """A fact that is named like a secret is never written."""
    stream = io.StringIO()
    make_logger(stream).info("call", **{name: "hunter2"})
    assert lines(stream)[0][name] == STRUCK_OUT


def test_exceptions_are_in_the_line():
    """The traceback stands in the line of the failure, for the operator alone."""
    stream = io.StringIO()
    try:
        raise ValueError("why")
    except ValueError as error:
        make_logger(stream).error("failed", exc_info=error)
    (line,) = lines(stream)
    assert "ValueError: why" in str(line["exception"])


def test_libraries_speak_through_our_log():
    """Warnings of libraries become lines of ours, cut to one line; their chatter is dropped."""
    stream, root = io.StringIO(), logging.getLogger()
    before = (root.handlers, root.level)
    try:
        quiet_libraries(make_logger(stream, clock=lambda: "now"))
        logging.getLogger("somebody").info("chatter")
        logging.getLogger("somebody").warning("trouble\nwith details %s", "x")
    finally:
        root.handlers, root.level = before
    assert lines(stream) == [
        {"time": "now", "level": "warning", "event": "library", "library": "somebody", "message": "trouble"}
    ]
