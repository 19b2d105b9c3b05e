"""`tracehold serve`: run the node of a folder."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.output import reported

if TYPE_CHECKING:
    from tracehold.node.run import Ready


def serve(dir: Annotated[Path, typer.Option(help="Folder of the node.")] = Path("node")) -> None:
    """Run the node until SIGTERM or Ctrl-C.

    One JSON line on stdout says when it answers, and where.

    Exit codes: 0 stopped in order, 1 refused to start, 2 bad configuration, 5
    something needed is not reachable, 70 broken.
    """
    # grpc writes lines of its own to stderr for every stranger that knocks. It looks here when it is loaded.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    with reported(as_json=False):
        from tracehold.api.logging import make_logger, quiet_libraries
        from tracehold.config import load
        from tracehold.node.run import serve as run

        config = load(dir / CONFIG_NAME)
        log = make_logger(sys.stderr, config.logging.level)
        quiet_libraries(log)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(run(config, log, _tell))


def _tell(ready: "Ready") -> None:
    typer.echo(
        json.dumps(
            {
                "grpc": ready.grpc,
                "rest": ready.rest,
                "log": ready.log.hex(),
                "uploads": ready.uploads,
                "pid": os.getpid(),
            }
        )
    )


def _loop_factory() -> "type[asyncio.AbstractEventLoop] | None":
    """uvloop where it is installed (it has no wheel for Windows): a third less work for each call."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.Loop
