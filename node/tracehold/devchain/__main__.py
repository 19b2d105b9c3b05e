"""`python -m tracehold.devchain`: serve a chain, or `verify` one.

One JSON line on standard output says where it listens; everything else goes to standard error.
"""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from tracehold.core.errors import TraceholdError
from tracehold.devchain.program import serve_forever
from tracehold.devchain.report import report
from tracehold.devchain.verifying import verify


def main(arguments: list[str] | None = None) -> int:
    """Run a command line; the exit code is 0, or 1 with a reason and a remedy on standard error."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "verify":
            print(json.dumps(asdict(verify(options.dir, _progress))))
        else:
            _serve(options)
    except TraceholdError as error:
        report("stopped", code=error.code, reason=error.message, remedy=error.remedy)
        return 1
    return 0


def _serve(options: argparse.Namespace) -> None:
    def ready(url: str) -> None:
        print(json.dumps({"rpc": url, "chainId": options.chain_id, "pid": os.getpid()}), flush=True)

    serve_forever(
        options.dir,
        options.port,
        options.host,
        options.chain_id,
        options.block_interval,
        options.alloc,
        ready,
        remote=options.allow_remote,
    )


def _progress(done: int, total: int) -> None:
    if done % 500 == 0:
        report("verifying", blocks=done, of=total)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "tracehold.devchain", description="An embedded Ethereum chain for one machine."
    )
    parser.add_argument("command", nargs="?", choices=("serve", "verify"), default="serve")
    parser.add_argument("--dir", type=Path, required=True, help="the chain's folder")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--chain-id", type=int, default=7447)
    parser.add_argument(
        "--block-interval", type=_seconds, metavar="S", help="a block every S seconds, empty ones too"
    )
    parser.add_argument(
        "--alloc", action="append", default=[], metavar="0x..", help="an account that genesis funds"
    )
    parser.add_argument(
        "--allow-remote", action="store_true", help="let other machines call: there are no passwords"
    )
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0.05 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("from 0.05 to 3600 seconds")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
