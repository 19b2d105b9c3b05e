"""How a server comes into the cache: made in a folder of another name, tried, then renamed.

So what stands under its final name is whole. One process at a time makes a server: another one waits, and
finds it made; whoever is killed leaves a lock that nobody holds and a folder that the next one clears.
"""

import fcntl
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tracehold.lab.services.cache import Server, place

Recipe = Callable[[Server, Path], None]
"""Puts the program of a server into a folder, and proves that it runs; exits where it cannot."""


def make(server: Server, recipe: Recipe) -> None:
    """The server in the cache, made where it is not there. Says how long it took."""
    program = place(server.name)
    folder = program.parent
    if not os.access(program, os.X_OK):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with (folder.parent / f".{server.folder}.lock").open("ab") as lock:
            if not _free(lock.fileno()):
                print(f"services: {server.name} {server.version}: another process makes it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
            _make(server, recipe, folder)
    print(f"services: {server.name} {server.version}: {program}", flush=True)


def _make(server: Server, recipe: Recipe, folder: Path) -> None:
    if os.access(folder / server.program, os.X_OK):
        return  # the one we waited for made it
    scratch = folder.with_name(f".making-{server.folder}")
    for left in (scratch, folder):
        shutil.rmtree(left, ignore_errors=True)
    scratch.mkdir()
    start = time.monotonic()
    try:
        recipe(server, scratch)
        scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"services: {server.name} {server.version}: made in {time.monotonic() - start:.0f} s", flush=True)


def _free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def needed(tool: str, how: str) -> str:
    """Path of a program that a recipe runs. Exits saying how to install it where it is missing."""
    found = shutil.which(tool)
    if found is None:
        sys.exit(f"services: {tool} is missing: {how}")
    return found


def failed(what: str, said: str) -> None:
    """Exit with the end of what a builder said."""
    end = "\n".join(said.strip().splitlines()[-20:]) or "it said nothing"
    sys.exit(f"services: {what} failed; the end of what it said:\n{end}")
