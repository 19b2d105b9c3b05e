"""`tracehold lab`: a network of several companies on this machine, up with one command."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.output import JsonOption, note, reported, show_json, table
from tracehold.cli.stopping import ending_in_order

if TYPE_CHECKING:
    from tracehold.lab.network import Lab

app = typer.Typer(help="A network of several companies on this machine.", no_args_is_help=True)

Folder = Annotated[Path, typer.Option(help="Folder of the lab.")]
Name = Annotated[str, typer.Argument(help="Name of a node, or chain; or of a part of the chain (sealer-1).")]


@app.callback()
def _lab() -> None:
    """A network of several companies on this machine, for trying out: it proves nothing to strangers."""


@app.command("up")
def up(
    dir: Folder = Path("lab"),
    nodes: Annotated[
        int | None, typer.Option(help="Companies, each with a node; 3 for a new lab.", show_default=False)
    ] = None,
    replicas: Annotated[
        int | None,
        typer.Option(
            help="Copies of each record, the creator's included; 3 for a new lab.", show_default=False
        ),
    ] = None,
    block_interval: Annotated[
        float,
        typer.Option(min=0, help="Seconds between blocks of a new lab's chain; 0: whenever there is work."),
    ] = 0.0,
    backends: Annotated[
        str | None,
        typer.Option(
            help="embedded: everything comes with pip, for a new lab. "
            "real: the chain is a Clique network of geth nodes (make services).",
            show_default=False,
        ),
    ] = None,
    audits: Annotated[
        int | None,
        typer.Option(
            help="Seconds of an epoch in which the nodes audit each other; 0, in a new lab: they do not. "
            "With audits a new lab's chain makes a block each second.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Start a network, and return when every node is ready.

    On a folder that holds a lab the same network comes up again, at the same addresses; what runs already
    goes on. Ctrl-C stops whatever this command started.

    Exit codes: 0 up, 1 refused, 2 usage, 5 something is not ready in time, 70 something ended.
    """
    with reported(as_json):
        from tracehold.lab.network import made

        wanted = made(dir, nodes, replicas, note, block_s=block_interval, backends=backends, audits_s=audits)
        with ending_in_order(), wanted as lab:
            lab.up()
            state = lab.state()
    _show(state, dir, as_json)


@app.command("down")
def down(dir: Folder = Path("lab"), as_json: JsonOption = False) -> None:
    """Stop the nodes, then the chain. Repeating it is harmless."""
    with reported(as_json):
        from tracehold.lab.network import at_work

        lab = _opened(dir)
        with at_work(dir):
            stopped = lab.running()
            lab.down()
    _say({"stopped": stopped}, f"stopped {', '.join(stopped) or 'nothing: nothing ran'}", as_json)


@app.command("kill")
def kill(name: Name, dir: Folder = Path("lab"), as_json: JsonOption = False) -> None:
    """Kill one process hard (SIGKILL), as a power failure would."""
    with reported(as_json):
        from tracehold.lab.network import at_work

        lab = _opened(dir)
        with at_work(dir):
            killed = lab.kill(name)
    _say({"killed": killed}, f"{name} is killed" if killed else f"{name} did not run", as_json)


@app.command("start")
def start(name: Name, dir: Folder = Path("lab"), as_json: JsonOption = False) -> None:
    """Start one process again, and return when it is ready."""
    with reported(as_json):
        from tracehold.lab.network import at_work

        lab = _opened(dir)
        with ending_in_order(), at_work(dir):
            lab.restart(name)
            state = lab.state()
    _say(state, f"{name} is up", as_json)


@app.command("add")
def add(
    dir: Folder = Path("lab"),
    seed: Annotated[
        str, typer.Option(help="Node through which it finds the others; by default the first one.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Let one company more join, with an empty disk.

    It knows the address of one node. Its node is made a member and started; the command returns when it is
    ready. What is down stays down.
    """
    with reported(as_json):
        from tracehold.lab.growing import add as grow
        from tracehold.lab.network import at_work

        lab = _opened(dir)
        with ending_in_order(), at_work(dir):
            name = grow(lab, seed)
            state = lab.state()
    _say(state, f"{name} joined", as_json)


@app.command("corrupt")
def corrupt(
    name: Annotated[str, typer.Argument(help="Name of a node.")],
    dir: Folder = Path("lab"),
    record: Annotated[
        str, typer.Option(help="Fingerprint of the record; by default the newest event that the node keeps.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Change one byte of a stored record on a node's disk.

    Behind the node's back. When it reads the record, or at tracehold scrub, it is mended from
    other nodes; where none has it, the same with --record FINGERPRINT once more puts it back.
    """
    with reported(as_json):
        from tracehold.lab.tamper import flip

        flipped = flip(_opened(dir).home(name) / "data", record)
    answer = {"node": name, "fingerprint": flipped.fingerprint, "byte": flipped.place}
    _say(
        answer, f"byte {flipped.place} of {flipped.fingerprint} on the disk of {name} is another now", as_json
    )


@app.command("status")
def status(dir: Folder = Path("lab"), as_json: JsonOption = False) -> None:
    """Show how each node stands: log, anchors, copies, faults."""
    with reported(as_json):
        from tracehold.lab.standing import standing

        found = standing(_opened(dir))
    if as_json:
        show_json(found)
        return
    head = ("node", "state", "sealed", "anchored", "final", "indexed", "copies", "gRPC", "REST")
    rows = [tuple(_cell(node[key.lower()]) for key in head) for node in found["nodes"]]
    table([head, *rows])
    chain = found["chain"]
    note(f"chain: {'up' if chain['up'] else 'DOWN'}, {chain['rpc']}")
    for name, pid in chain["pids"].items():
        if pid is None and chain["up"]:
            note(f"{name}: DOWN")
    for node in found["nodes"]:
        for fault in node["faults"]:
            note(f"{node['node']}: fault: {fault}")


def _opened(dir: Path) -> "Lab":
    from tracehold.lab.network import opened

    return opened(dir, note)


def _show(state: dict[str, Any], dir: Path, as_json: bool) -> None:
    if as_json:
        show_json(state)
        return
    table(
        [("node", "operator", "gRPC", "REST")]
        + [(node["name"], node["operator"], node["grpc"], node["rest"]) for node in state["nodes"]]
    )
    note(f"addresses, tokens and process ids: {dir / 'lab.json'}")
    note(f"  how it stands: tracehold lab status --dir {dir}; stop it: tracehold lab down --dir {dir}")


def _cell(value: object) -> str:
    return "-" if value is None else str(value)


def _say(answer: dict[str, Any], line: str, as_json: bool) -> None:
    if as_json:
        show_json(answer)
    else:
        note(line)
