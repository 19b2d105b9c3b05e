"""Differences asked for by the client and on the command line."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.client.scripted import Script, serving
from tracehold.core.errors import Rejected
from tracehold.main import app
from tracehold.v1 import record_pb2
from tracehold.v1 import trace_pb2 as pb
from tracehold_client import AsyncClient, questions
from tracehold_client.comparing import compare

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE, TWO = "11" * 32, "22" * 32


def event(fingerprint: str, second: int) -> pb.TracedEvent:
    """An event of the answer."""
    found = pb.TracedEvent(fingerprint=fingerprint, type="ObjectEvent", state=record_pb2.STATE_FINAL)
    found.event_time.FromSeconds(second)
    return found


FIRST = pb.CompareResponse(
    item="i",
    differences=[
        pb.Difference(
            kind=pb.DIFFERENCE_KIND_ADDED,
            subject=pb.DIFFERENCE_SUBJECT_ITEM,
            item="urn:x:flour",
            after="depth 1",
            causes=[TWO],
        )
    ],
    events=[event(TWO, 2)],
    next_page_token="next",
)
LAST = pb.CompareResponse(
    item="i",
    differences=[
        pb.Difference(
            kind=pb.DIFFERENCE_KIND_CHANGED,
            subject=pb.DIFFERENCE_SUBJECT_EDGE,
            item="urn:x:a",
            parent="urn:x:p",
            before="packed 1 since then",
            after="packed 2 since then",
            causes=[ONE, TWO],
        )
    ],
    events=[event(ONE, 1), event(TWO, 2)],
    gaps=[pb.Gap(item="i", reason=pb.GAP_REASON_HOLDER_DOWN)],
    truncated=True,
)


def script() -> Script:
    """Two pages."""
    return Script(Compare=lambda request: LAST if request.page_token else FIRST)


async def test_all_pages_are_one_answer():
    """Records that several pages name stand there once, in time order."""
    asked = script()
    async with serving(asked) as target, AsyncClient(target) as client:
        request = questions.history_request("i", None, NOON, False)
        answer = await compare(client, request, NOON)
    assert [each.item for each in answer.differences] == ["urn:x:flour", "urn:x:a"]
    assert [each.fingerprint for each in answer.events] == [ONE, TWO]
    assert (answer.truncated, len(answer.gaps), answer.next_page_token) == (True, 1, "")
    first, second = asked.requests
    assert (first.history.item, first.page_token, second.page_token) == ("i", "", "next")
    assert first.compared_with.ToDatetime(UTC) == first.history.known_at.ToDatetime(UTC) == NOON


async def test_without_a_second_time_it_is_all_that_is_known():
    """The field is not sent."""
    asked = script()
    async with serving(asked) as target, AsyncClient(target) as client:
        await compare(client, questions.contents_request("i", known_at=NOON))
    assert not asked.requests[0].HasField("compared_with")
    assert asked.requests[0].contents.item == "i"


async def test_a_second_time_without_a_zone_is_refused():
    """Before anything is sent."""
    asked = script()
    async with serving(asked) as target, AsyncClient(target) as client:
        with pytest.raises(Rejected) as caught:
            await compare(client, questions.contents_request("i"), datetime(2026, 3, 1))  # noqa: DTZ001
    assert (caught.value.code, asked.requests) == ("BAD_TIME", [])


async def run(*arguments: str) -> tuple[int, str, Script]:
    """A command against the script: exit code and what it printed."""
    asked = script()
    async with serving(asked) as target:
        done = await asyncio.to_thread(CliRunner().invoke, app, [*arguments, "--node", target])
    return done.exit_code, done.output, asked


@pytest.mark.parametrize(
    ("command", "question"),
    [
        (("trace", "i", "--direction", "downstream", "--max-depth", "7"), "trace"),
        (("history", "i"), "history"),
        (("history", "PO-1", "--transaction", "po"), "history"),
        (("contents", "i"), "contents"),
        (("state", "i"), "state"),
        (("common", "i", "j"), "common"),
        (("recall", "i"), "recall"),
    ],
)
async def test_the_command_line_shows_what_differs(command: tuple[str, ...], question: str):
    """A line a difference with the records that did it, then these records."""
    when = "2026-03-01T12:00:00Z"
    code, output, asked = await run(*command, "--known-at", when, "--compared-with", "now")
    assert code == 0, output
    lines = output.splitlines()
    assert lines[0].split() == ["+", "item", "urn:x:flour", "depth", "1", "by", TWO[:16]]
    assert lines[1].startswith("~  edge  urn:x:a urn:x:p")
    assert "packed 1 since then -> packed 2 since then" in lines[1]
    assert ONE[:16] in lines[2]
    assert "truncated" in output
    assert asked.requests[0].WhichOneof("question") == question
    sent = getattr(asked.requests[0], question)
    assert sent.known_at.ToDatetime(UTC) == NOON
    assert not asked.requests[0].HasField("compared_with")
    if question == "history":
        assert sent.business_transaction.type == ("po" if "--transaction" in command else "")


@pytest.mark.parametrize("word", ["any", "po"])
async def test_a_transaction_is_asked_for_on_the_command_line(word: str):
    """`any` stands for whatever type, and nothing is sent as an item."""
    asked = Script(Locate=lambda _: pb.LocateResponse(item="PO-1"))
    async with serving(asked) as target:
        done = await asyncio.to_thread(
            CliRunner().invoke, app, ["locate", "PO-1", "--transaction", word, "--node", target]
        )
    assert done.exit_code == 0, done.output
    (sent,) = asked.requests
    named = sent.business_transaction
    assert (sent.item, named.id, named.type) == ("", "PO-1", "" if word == "any" else word)


@pytest.mark.parametrize("wrong", ["yesterday", "2026-03-01T12:00:00"])
async def test_a_second_time_that_is_none_is_malformed(wrong: str):
    """Exit 2, nothing is sent."""
    code, output, asked = await run(
        "history", "i", "--known-at", "2026-03-01T12:00:00Z", "--compared-with", wrong
    )
    assert (code, asked.requests) == (2, [])
    assert "what to do" in output


async def test_differences_are_not_saved_to_a_file(tmp_path: Path):
    """Exit 2, nothing is sent and nothing written."""
    out = tmp_path / "a.zip"
    code, output, asked = await run("history", "i", "--compared-with", "now", "--out", str(out))
    assert (code, asked.requests, out.exists()) == (2, [], False)
    assert "--out saves one answer" in output


@pytest.mark.parametrize("command", [("trace", "i"), ("history", "i"), ("contents", "i")])
async def test_one_time_is_nothing_to_compare(command: tuple[str, ...]):
    """Exit 2 with the remedy, nothing is sent."""
    code, output, asked = await run(*command, "--compared-with", "now")
    assert (code, asked.requests) == (2, [])
    assert "--known-at" in output


@pytest.mark.parametrize(
    ("command", "method", "answer"),
    [
        (("trace", "i"), "Trace", pb.TraceResponse(truncated=True)),
        (("history", "i"), "GetHistory", pb.GetHistoryResponse()),
        (("contents", "i"), "GetContents", pb.GetContentsResponse()),
        (("state", "i"), "GetState", pb.GetStateResponse()),
        (("common", "i", "j"), "Common", pb.CommonResponse(truncated=True)),
        (("recall", "i"), "Recall", pb.RecallResponse(truncated=True)),
    ],
)
async def test_an_empty_answer_says_so_and_a_cut_one_what_widens_it(
    command: tuple[str, ...], method: str, answer: Any
):
    """On stderr: nothing stands on stdout."""
    asked = Script(**{method: lambda _: answer})
    wider = ("--max-items", "7") if answer.truncated else ()
    async with serving(asked) as target:
        done = await asyncio.to_thread(CliRunner().invoke, app, [*command, *wider, "--node", target])
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.startswith("nothing: ")
    assert ("--max-items" in done.stderr) is bool(wider)
    if wider:
        assert asked.requests[0].max_items == 7
