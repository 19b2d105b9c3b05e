"""The commands of a document, for tests that run them as they stand there: what is between ```sh and ```
after a line `<!-- test: NAME -->`.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tracehold.lab.programs import command

DOCS = Path(__file__).resolve().parent.parent / "docs"

_BLOCK = re.compile(
    r"^<!-- test: (?P<name>[a-z0-9-]+) -->\n```sh\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


def blocks(document: str) -> dict[str, str]:
    """The scripts of a file of docs/, by name. A name that stands twice fails the test that asks."""
    text = (DOCS / document).read_text(encoding="utf-8")
    found = _BLOCK.findall(text)
    names = [name for name, _ in found]
    assert len(set(names)) == len(names) == text.count("<!-- test: "), f"a block of {document} is amiss"
    return dict(found)


class Terminal:
    """A folder in which the commands of a document are given as they stand there, and others beside them."""

    def __init__(self, folder: Path, document: str = "operations.md") -> None:
        self.folder = folder
        self.said = blocks(document)

    def block(self, name: str, **variables: str) -> str:
        """One block of the document, with these variables of the shell; what it prints."""
        place = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        shell = ["sh", "-eu", "-c", self.said[name]]
        return self._done(shell, 0, {**os.environ, **variables, "PATH": place})

    def answer(self, *words: str, code: int = 0) -> Any:
        """One command of ours with --json; its answer."""
        return json.loads(self._done(command(*words, "--json"), code))

    def _done(self, line: list[str], code: int, environment: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            line, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == code, done.stderr
        return done.stdout
