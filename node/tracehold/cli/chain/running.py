"""`tracehold chain start`, `stop`, `kill`."""

from pathlib import Path
from typing import Annotated

import typer

from tracehold.cli.chain.folder import Folder, opened, say
from tracehold.cli.output import JsonOption, reported
from tracehold.cli.stopping import ending_in_order

Names = Annotated[list[str] | None, typer.Argument(help="Names of nodes; by default all of the folder.")]


def start(names: Names = None, dir: Folder = Path("chain"), as_json: JsonOption = False) -> None:
    """Start nodes that do not run, connect all, let them seal.

    Returns when they have the newest blocks and, where more than half of the sealers are in the folder, a new
    block is there. Ctrl-C stops what this command started. Harmless to repeat.

    Exit codes: 0 up, 1 refused, 2 usage, 5 geth is missing or the chain does not go on, 70 a node ended.
    """
    with reported(as_json):
        from tracehold.lab.network import at_work

        network = opened(dir)
        new = [node.name for node in network.nodes if not node.slot.running]
        new = [name for name in new if not names or network.node(name) in map(network.node, names)]
        with ending_in_order(), at_work(dir):
            try:
                network.start(*names or [])
            except (SystemExit, KeyboardInterrupt):
                if new:
                    network.stop(*new)
                raise
        up = [node.name for node in network.up()]
    answer = {"started": new, "up": up}
    say(answer, as_json, f"up: {', '.join(up)}", f"  how it stands: tracehold chain status --dir {dir}")


def stop(names: Names = None, dir: Folder = Path("chain"), as_json: JsonOption = False) -> None:
    """Stop nodes in order. Repeating it is harmless.

    Nodes that something else started, a service manager say, are not touched.
    """
    with reported(as_json):
        from tracehold.lab.network import at_work

        network = opened(dir)
        chosen = [network.node(name) for name in names] if names else list(network.nodes)
        with at_work(dir):
            stopped = [node.name for node in chosen if node.slot.running]
            if stopped:
                network.stop(*stopped)
    say({"stopped": stopped}, as_json, f"stopped {', '.join(stopped) or 'nothing: nothing ran'}")


def kill(
    name: Annotated[str, typer.Argument(help="Name of a node.")],
    dir: Folder = Path("chain"),
    as_json: JsonOption = False,
) -> None:
    """Kill one node hard (SIGKILL), as a power failure would."""
    with reported(as_json):
        from tracehold.lab.network import at_work

        network = opened(dir)
        with at_work(dir):
            node = network.node(name)
            ran = node.slot.running
            network.kill(name)
    words = "is killed" if ran else "did not run"
    say({"killed": [node.name] if ran else []}, as_json, f"{node.name} {words}")
