"""The programs of examples/tour, each made ready as its user would, and what they print."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Running
from tests.tooling.tree import ROOT

TOUR = ROOT / "examples" / "tour"
NODE = ROOT / "tools" / "with-node.sh"

Line = dict[str, Any]


@dataclass(frozen=True)
class Tour:
    """One program: the command that runs it, and what it needs in its environment."""

    command: tuple[str | Path, ...]
    environment: Mapping[str, str]

    def lines(self, node: Running, *arguments: str | Path, ca: Path | None = None) -> list[Line]:
        """What one command prints. The test fails where the program does."""
        done = subprocess.run(
            self._arguments(node, ca, arguments),
            env={**os.environ, **self.environment},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    @contextmanager
    def listening(self, node: Running, cursor: str, into: Path) -> "Iterator[Listening]":
        """`watch` as a process, killed in the end."""
        with into.open("wb") as out:
            process = subprocess.Popen(
                self._arguments(node, None, ("watch", cursor)),
                env={**os.environ, **self.environment},
                cwd=ROOT,
                stdout=out,
                start_new_session=True,
            )
        try:
            yield Listening(process, into)
        finally:
            # With all that it started: the node of the PyPI wheel is a child of a Python program.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _arguments(self, node: Running, ca: Path | None, arguments: tuple[str | Path, ...]) -> list[str]:
        token = node.world.dir / "sender.token"
        return [str(each) for each in (*self.command, node.world.grpc, token, ca or "-", *arguments)]


@dataclass(frozen=True)
class Listening:
    """What a watching process has said."""

    process: "subprocess.Popen[bytes]"
    out: Path

    def heard(self) -> list[Line]:
        """Every whole line so far."""
        return [
            json.loads(line) for line in self.out.read_bytes().splitlines(keepends=True) if line[-1:] == b"\n"
        ]

    def until(self, enough: Callable[[list[Line]], bool]) -> list[Line]:
        """The lines, once they are enough. The test fails where that takes a minute, or the program ends."""
        end = time.monotonic() + 60
        while not enough(lines := self.heard()):
            assert self.process.poll() is None, "the program ended by itself"
            assert time.monotonic() < end, lines[-3:]
            time.sleep(0.05)
        return lines


def _run(*command: str | Path) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _third_party() -> Path:
    _run(sys.executable, ROOT / "tools" / "generate_protos.py", "--third-party")
    return ROOT / "third_party"


def python(folder: Path) -> Tour:
    """tour.py on stubs that protoc makes now, which hide those of the installed package."""
    if not (ROOT / ".venv-tools").exists():
        _run("make", "-s", "venv-tools")
    gen = folder / "gen"
    (gen / "tracehold").mkdir(parents=True)
    # A namespace package would lose against the installed one, which a user of stubs alone has not.
    (gen / "tracehold" / "__init__.py").touch()
    protos = sorted((ROOT / "proto/tracehold/v1").glob("*.proto"))
    outputs = (f"--python_out={gen}", f"--grpc_python_out={gen}")
    includes = (f"-I{ROOT / 'proto'}", f"-I{_third_party()}")
    _run(ROOT / ".venv-tools/bin/python", "-m", "grpc_tools.protoc", *includes, *outputs, *protos)
    return Tour((sys.executable, TOUR / "tour.py"), {"PYTHONPATH": str(gen)})


def typescript(folder: Path) -> Tour:
    """tour.ts, compiled against the npm package that is built now."""
    _run(NODE, sys.executable, ROOT / "tools" / "typescript.py", folder, TOUR / "tour.ts")
    return Tour((NODE, "node", folder / "programs" / "tour.js"), {})


def grpc_js(_: Path) -> Tour:
    """tour.cjs, with the packages of its lock and the protos as they are."""
    modules = _run(NODE, sys.executable, ROOT / "tools" / "npm_modules.py", TOUR).strip()
    protos = os.pathsep.join([str(ROOT / "proto"), str(_third_party())])
    return Tour((NODE, "node", TOUR / "tour.cjs"), {"NODE_PATH": modules, "PROTOS": protos})


MADE: Mapping[str, Callable[[Path], Tour]] = {"python": python, "typescript": typescript, "grpc-js": grpc_js}
