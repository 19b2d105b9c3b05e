"""Questions that are refused before they are sent: with our errors, whatever was given."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.client.scripted import Script, serving
from tracehold.core.errors import Rejected
from tracehold.v1 import trace_pb2
from tracehold_client import AsyncClient

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEFORE_ALL = datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))


async def refused(method: str, *arguments: Any, **options: Any) -> Rejected:
    """The refusal of a call; nothing of it was sent."""
    script = Script()
    async with serving(script) as target, AsyncClient(target) as client:
        with pytest.raises(Rejected) as caught:
            await getattr(client, method)(*arguments, **options)
    assert script.requests == []
    return caught.value


@pytest.mark.parametrize("name", ["max_depth", "max_items"])
@pytest.mark.parametrize("value", [-1, 1 << 32, 1 << 80, 1.5, "1", None])
async def test_a_limit_that_is_no_count_is_refused(name: str, value: Any):
    """BAD_REQUEST at its name."""
    error = await refused("trace", "i", "upstream", **{name: value})
    assert (error.code, error.path) == ("BAD_REQUEST", name)


@pytest.mark.parametrize("direction", ["", "sideways", None, 1, ["upstream"]])
async def test_another_direction_is_refused(direction: Any):
    """BAD_REQUEST, also for what is no text."""
    assert (await refused("trace", "i", direction)).code == "BAD_REQUEST"


@pytest.mark.parametrize("name", ["at", "known_at"])
@pytest.mark.parametrize("call", [("trace", "i", "upstream"), ("history", "i"), ("contents", "i")])
@pytest.mark.parametrize(
    ("moment", "code"),
    [
        ("2026-03-01T12:00:00Z", "BAD_REQUEST"),
        (1772366400, "BAD_REQUEST"),
        (NOON.date(), "BAD_REQUEST"),
        (NOON.replace(tzinfo=None), "BAD_TIME"),
        (BEFORE_ALL, "BAD_TIME"),
    ],
)
async def test_a_moment_that_is_none_is_refused(call: tuple[str, ...], name: str, moment: Any, code: str):
    """In every question that has one, at its name."""
    error = await refused(*call, **{name: moment})
    assert (error.code, error.path) == (code, name)


async def test_what_can_be_asked_is_sent_as_it_was_given():
    """Limits, times and switches; too much for the node is the node's to say."""
    script = Script(Trace=lambda _: trace_pb2.TraceResponse())
    async with serving(script) as target, AsyncClient(target) as client:
        await client.trace("i", "Downstream", at=NOON, max_depth=7, max_items=(1 << 32) - 1, strict_time=True)
    (sent,) = script.requests
    assert sent.direction == trace_pb2.DIRECTION_DOWNSTREAM
    assert (sent.max_depth, sent.max_items, sent.strict_time) == (7, (1 << 32) - 1, True)
    assert sent.at.ToDatetime(UTC) == NOON
    assert not sent.HasField("known_at")
