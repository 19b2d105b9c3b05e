"""The files of the repository, as git knows them."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = "node/tracehold/v1/"


def tracked() -> list[str]:
    """Names of the files that are committed, or would be by `git add .`, and exist."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return sorted(name for name in set(names) if name and (ROOT / name).is_file())


def texts() -> Iterator[tuple[str, str]]:
    """Each tracked file that is text, with its content."""
    for name in tracked():
        try:
            yield name, (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def python_sources() -> Iterator[tuple[str, str]]:
    """Each hand-written Python file, with its content."""
    for name, text in texts():
        if name.endswith(".py") and not name.startswith(GENERATED):
            yield name, text
