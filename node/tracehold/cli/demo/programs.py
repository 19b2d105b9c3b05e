"""Our own commands, run to their end by the demo."""

import subprocess

from tracehold.core.errors import Broken
from tracehold.lab.programs import command


def run(*arguments: str, seconds: float = 120.0, also: int = 0) -> str:
    """Run one command to its end; what it printed. Raises INTERNAL where its exit code is neither 0 nor
    `also`.
    """
    done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=seconds, check=False)
    if done.returncode not in {0, also}:
        words = (done.stderr or done.stdout).strip().splitlines()
        name = " ".join(arguments[:2])
        raise Broken("INTERNAL", f"tracehold {name} ended with {done.returncode}: {words[:3]}")
    return done.stdout
