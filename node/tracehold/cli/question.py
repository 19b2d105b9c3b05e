"""One question to a node, and its answer for scripts or for people."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tracehold.cli.connection import open_client
from tracehold.cli.output import reported, show_json

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from tracehold_client import AsyncClient

_Answer = TypeVar("_Answer", bound="Message")


@dataclass(frozen=True, slots=True)
class Door:
    """The node that is asked, and with what: the values of the options in `connection`."""

    node: str
    token_file: Path | None
    tls_ca: Path | None


def ask(
    question: "Callable[[AsyncClient], Awaitable[_Answer]]",
    show: Callable[[_Answer], None],
    door: Door,
    as_json: bool,
) -> None:
    """Ask, and print the answer as JSON, or as `show` prints it. Errors of all of it are reported,
    those of making the question too.
    """
    from tracehold.wire.protojson import to_json

    with reported(as_json):
        answer = asyncio.run(_answer(question, door))
        if as_json:
            show_json(to_json(answer))
        else:
            show(answer)


async def _answer(question: "Callable[[AsyncClient], Awaitable[_Answer]]", door: Door) -> _Answer:
    async with open_client(door.node, door.token_file, door.tls_ca) as client:
        return await question(client)
