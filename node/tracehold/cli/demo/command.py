"""`tracehold demo`: a chain, a node, eight companies, and every answer compared with the truth."""

import asyncio
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracehold.cli.output import REFUSED, JsonOption, note, reported, show_json

if TYPE_CHECKING:
    from tracehold.cli.demo.show import Show
    from tracehold.cli.demo.story import Story
    from tracehold.cli.demo.tell import Teller
    from tracehold.cli.demo.world import World

_OPERATOR = "https://id.gs1.org/417/9521901000001"

_CURL = (
    "curl -s -H \"Authorization: Bearer $(cat {dir}/reader.token)\" -H 'Content-Type: application/json'"
    ' -d \'{{"item": "{item}", "direction": "UPSTREAM"}}\' {rest}/v1/trace'
)


def demo(
    dir: Annotated[
        Path, typer.Option(help="Folder; an earlier demo in it is replaced, anything else is refused.")
    ] = Path("demo-data"),
    keep: Annotated[bool, typer.Option("--keep", help="Stay up afterwards, until Ctrl-C.")] = False,
    up: Annotated[
        bool,
        typer.Option("--up", help="Only bring up what an earlier demo left in the folder, until Ctrl-C."),
    ] = False,
    seed: Annotated[int, typer.Option(help="Which story is told.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Show it all: a chain, a node, a supply chain, and its damage.

    Uploads a supply chain, traces it, verifies it, damages it, and finds the damage.

    Exit codes: 0 every answer equals the truth, 1 one differs, 5 something did not start, 70 broken.
    """
    with reported(as_json):
        from tracehold.cli.demo.story import tell
        from tracehold.cli.demo.tell import Teller
        from tracehold.cli.demo.world import World, clear

        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
        teller = Teller(note if as_json else typer.echo)
        story = tell(seed)
        if up:
            world = World.open(dir)
        else:
            clear(dir)
            world = World.new(dir)
        try:
            if up:
                world.start()
                teller.stage("up again")
            else:
                _play(world, story, teller)
                if keep:
                    world.start()
            _lines(world, story, teller, running=keep or up)
            if as_json:
                show_json(teller.found | {"failed": teller.failed, "seconds": round(teller.seconds, 1)})
            if keep or up:
                _until_interrupted()
        finally:
            world.stop()
    if teller.failed:
        raise typer.Exit(REFUSED)


def _play(world: "World", story: "Story", teller: "Teller") -> None:
    from tracehold.cli.demo import providers
    from tracehold.cli.demo.show import Show

    world.build(_OPERATOR)
    tokens = providers.tokens(world)
    world.start()
    providers.enrol(world)
    show = Show(world, story, tokens, teller)
    asyncio.run(_watched(show))
    show.count_gas()
    show.doctor()
    differs = f"DIFFERS FROM THE TRUTH: {teller.failed}"
    teller.stage(differs if teller.failed else "every answer equals the truth")


async def _watched(show: "Show") -> None:
    from tracehold_client import AsyncClient

    async with AsyncClient(show.world.grpc, token=show.tokens["reader"]) as client:
        await show.play(client)


def _lines(world: "World", story: "Story", teller: "Teller", *, running: bool) -> None:
    """What to paste: a trace, an offline verification, where to look."""
    program = Path(sys.argv[0])
    ours = str(program) if program.name == "tracehold" else f"{sys.executable} -m tracehold"
    curl = _CURL.format(dir=world.dir, item=story.purchased, rest=world.rest)
    verify = f"{ours} verify {world.dir}/purchased.evidence --trust {world.dir}/trust.json"
    teller.found["paste"] = {"trace": curl, "verify": verify}
    teller.say("")
    if not running:
        teller.say(f"bring it up again:   {ours} demo --dir {world.dir} --up")
    teller.say(f"trace it yourself:   {curl}")
    teller.say(f"verify it offline:   {verify}")
    teller.say(f"look around:         {world.dir}/node, and while it is up {world.rest}/openapi.json")


def _until_interrupted() -> None:
    note("up until Ctrl-C")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
