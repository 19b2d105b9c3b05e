"""`tracehold demo`: five companies and three operators, and every answer compared with the truth."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracehold.cli.output import REFUSED, JsonOption, note, reported, show_json
from tracehold.cli.stopping import ending_in_order

if TYPE_CHECKING:
    from tracehold.cli.demo.show import Show
    from tracehold.cli.demo.tell import Teller

_CURL = (
    "curl -s -H \"Authorization: Bearer $(cat {dir}/reader.token)\" -H 'Content-Type: application/json'"
    ' -d \'{{"item": "{item}", "direction": "UPSTREAM"}}\' {rest}/v1/trace'
)


def demo(
    dir: Annotated[
        Path, typer.Option(help="Folder; an earlier demo in it is replaced, anything else is refused.")
    ] = Path("demo-data"),
    keep: Annotated[
        bool, typer.Option("--keep", envvar="KEEP", help="Leave it running, and say how to stop it.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Which story is told.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Show it all: five companies, three operators, and damage.

    The companies send what happened to their goods to the nodes of three operators, who keep it for one
    another. Questions are asked and answered, a node is killed and comes back, a byte changes and is found.

    Exit codes: 0 every answer equals the truth, 1 one differs, 5 something did not start, 70 broken.
    """
    with reported(as_json):
        from tracehold.cli.demo.show import Show
        from tracehold.cli.demo.stage import LAB, NODES, Stage, clear, mark
        from tracehold.cli.demo.story import tell
        from tracehold.cli.demo.tell import Teller
        from tracehold.lab.network import made

        teller = Teller(note if as_json else typer.echo)
        clear(dir)
        mark(dir, seed)
        with ending_in_order(), made(dir / LAB, NODES, None, lambda line: None) as lab:
            show = Show(Stage(dir, lab), tell(seed), teller)
            try:
                _play(show)
                if keep:
                    lab.up()
            except BaseException:
                lab.down()
                raise
            if not keep:
                lab.down()
        _lines(show, teller, running=keep)
        if as_json:
            show_json(teller.found | {"failed": teller.failed, "seconds": round(teller.seconds, 1)})
    if teller.failed:
        raise typer.Exit(REFUSED)


def _play(show: "Show") -> None:
    show.stage.start()
    asyncio.run(show.play())
    show.doctor()
    show.count_gas()
    failed = show.teller.failed
    show.teller.stage(f"DIFFERS FROM THE TRUTH: {failed}" if failed else "every answer equals the truth")


def _lines(show: "Show", teller: "Teller", *, running: bool) -> None:
    """What to paste: a trace, an offline verification, where to look, how to stop."""
    program = Path(sys.argv[0])
    ours = str(program) if program.name == "tracehold" else f"{sys.executable} -m tracehold"
    folder, lab = show.stage.dir, show.stage.lab
    curl = _CURL.format(dir=folder, item=show.story.purchased, rest=lab.plan.seat("board").rest)
    verify = f"{ours} verify {folder}/purchased.evidence --trust {folder}/trust.json"
    teller.found["paste"] = {"trace": curl, "verify": verify}
    teller.say("")
    if running:
        for seat in lab.plan.seats:
            teller.say(f"{seat.name:<10} gRPC {seat.grpc}, REST {seat.rest}")
        teller.say(f"how it stands:       {ours} lab status --dir {lab.dir}")
        teller.say(f"stop it:             {ours} lab down --dir {lab.dir}")
    else:
        teller.say(f"bring it up again:   {ours} lab up --dir {lab.dir}")
    teller.say(f"trace it yourself:   {curl}")
    teller.say(f"verify it offline:   {verify}")
