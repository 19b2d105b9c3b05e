"""`tracehold peer`: the other nodes as this one reaches them, and the directory from inside."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.files import CONFIG_NAME, check_text, replace_file, set_line
from tracehold.cli.output import JsonOption, note, reported, show_json, table
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId

if TYPE_CHECKING:
    from tracehold.journey.neighbours import Neighbour, Neighbours

app = typer.Typer(help="The other nodes, as this one reaches them.", no_args_is_help=True)

Folder = Annotated[Path, typer.Option(help="Folder of the node.")]


@app.callback()
def _peer() -> None:
    """The other nodes, as this one reaches them."""


@app.command("list")
def list_peers(dir: Folder = Path("node"), as_json: JsonOption = False) -> None:
    """List the members that can be reached, and who is a contact."""
    with reported(as_json):
        rows = asyncio.run(_list(dir))
        if as_json:
            show_json({"peers": rows})
        else:
            _table(rows)


@app.command("ping")
def ping(
    number: Annotated[int, typer.Argument(min=0, help="Number of the node; left out: all.")] = 0,
    dir: Folder = Path("node"),
    as_json: JsonOption = False,
) -> None:
    """Ask members whether they answer, and how soon.

    Over mutual TLS, as the node itself does: who answers is who the contract says. Exit code 5 where one does
    not.
    """
    with reported(as_json):
        rows = asyncio.run(_ping(dir, number))
        if as_json:
            show_json({"peers": rows})
        else:
            _table(rows)
        if not all(row["up"] for row in rows):
            raise typer.Exit(5)


@app.command("route")
def route(
    key: Annotated[str, typer.Argument(metavar="KEY", help="An item, or 40 hexadecimal digits.")],
    dir: Folder = Path("node"),
    as_json: JsonOption = False,
) -> None:
    """Look a key up in the directory, and show the way.

    Who was asked in which order, which members are nearest, and who announced records under the key.
    """
    with reported(as_json):
        answer = asyncio.run(_route(dir, key))
        if as_json:
            show_json(answer)
            return
        note(f"key {answer['key']}")
        _table(answer["steps"])
        note("holders:" if answer["holders"] else "nobody announced records under it")
        _table(answer["holders"])
        if not answer["whole"]:
            note("there may be more holders: the key is full, or too few members answered")


@app.command("add")
def add(
    endpoint: Annotated[str, typer.Argument(help="host:port of a member's listener for peers.")],
    dir: Folder = Path("node"),
    as_json: JsonOption = False,
) -> None:
    """Name a member through which the node finds the others.

    It is written to [directory] seeds of the configuration, for the next start.
    """
    with reported(as_json):
        seeds = _add(dir / CONFIG_NAME, endpoint)
        if as_json:
            show_json({"seeds": seeds})
        else:
            note(f"seeds: {', '.join(seeds)}; from the next start on")


async def _list(dir: Path) -> list[dict[str, Any]]:
    from tracehold.config import load
    from tracehold.node.looking import looking

    async with looking(load(dir / CONFIG_NAME)) as look:
        contacts = set(await look.contacts())
        return [{**_row(each), "contact": each.log in contacts} for each in look.neighbours.others()]


async def _ping(dir: Path, number: int) -> list[dict[str, Any]]:
    from tracehold.config import load
    from tracehold.node.looking import looking

    async with looking(load(dir / CONFIG_NAME)) as look:
        asked = [each for each in look.neighbours.others() if number in {0, each.number}]
        if number and not asked:
            raise Rejected(
                "NOT_FOUND",
                f"node {number} is no other member that can be reached",
                remedy="See tracehold peer list.",
            )
        took = await asyncio.gather(*(look.ping(each) for each in asked))
    return [
        {**_row(each), "up": s is not None, "ms": None if s is None else round(s * 1000, 1)}
        for each, s in zip(asked, took, strict=True)
    ]


async def _route(dir: Path, text: str) -> dict[str, Any]:
    from tracehold.config import load
    from tracehold.node.looking import key_of, looking

    config = load(dir / CONFIG_NAME)
    key = key_of(config, text)
    async with looking(config) as look:
        steps, nearest, found = await look.route(key)
        known = look.neighbours
        return {
            "key": key.hex(),
            "steps": [
                {
                    "node": _number(known, each.log),
                    "ms": round(each.after_s * 1000, 1),
                    "outcome": each.outcome,
                }
                for each in steps
            ],
            "nearest": [_number(known, log) for log in nearest.logs],
            "holders": [
                {"node": _number(known, each.holder), "records": each.count} for each in found.providers
            ],
            "whole": found.ended and not found.full,
        }


def _add(path: Path, endpoint: str) -> list[str]:
    from tracehold.config import load, parse

    seeds = list(dict.fromkeys([*load(path).directory.seeds, endpoint]))
    changed = set_line(path.read_text(encoding="utf-8"), "directory", "seeds", _toml(seeds))
    parse(changed, path)  # what the node would not take is not written
    replace_file(path, changed)
    return seeds


def _toml(texts: list[str]) -> str:
    check_text(**{f"seed {number}": text for number, text in enumerate(texts)})
    return "[" + ", ".join(f'"{text}"' for text in texts) + "]"


def _row(neighbour: "Neighbour") -> dict[str, Any]:
    return {
        "node": neighbour.number,
        "operator": neighbour.operator,
        "endpoint": neighbour.endpoint,
        "log": neighbour.log.hex(),
    }


def _number(neighbours: "Neighbours", log: LogId) -> int:
    found = neighbours.creator(log)
    return found.number if found else 0


def _table(rows: list[dict[str, Any]]) -> None:
    if rows:
        table([tuple(rows[0]), *(tuple(_word(value) for value in row.values()) for row in rows)])


def _word(value: object) -> str:
    if value is None:
        return "-"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
