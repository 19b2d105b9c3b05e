"""JSON-RPC 2.0 over the IPC socket of a chain's node: one question, one answer, bounded in size and time.

The socket is a file that only its owner can open, so what it answers (admin, miner, clique) needs no password
and stands open to nobody else.
"""

import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from tracehold.core.errors import Unavailable

TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 4 << 20
"""An answer of `admin_peers` has about 1 KiB for each peer."""
MAX_PATH_BYTES = 100
"""What a socket's address holds on every system (108 on Linux, 104 on others, with the final zero)."""


def exchange(path: Path, request: bytes, timeout_s: float = TIMEOUT_S) -> bytes:
    """The answer to a request; waits for it. Clients end an answer with a line feed, or not at all: it is
    whole when it is JSON. Raises `Unavailable("CHAIN_DOWN")`.
    """
    end = time.monotonic() + timeout_s
    try:
        with socket.socket(socket.AF_UNIX) as line, _address(path) as address:
            line.settimeout(timeout_s)
            line.connect(address)
            line.sendall(request + b"\n")
            return _answer(line, end)
    except (OSError, ValueError) as error:
        raise Unavailable("CHAIN_DOWN", f"the chain's node does not answer at {path}") from error


def _answer(line: socket.socket, end: float) -> bytes:
    found = b""
    while (left := end - time.monotonic()) > 0:
        line.settimeout(left)
        part = line.recv(1 << 16)
        found += part
        if not part or len(found) > MAX_ANSWER_BYTES:
            raise ValueError("half an answer, or one without end")
        if part.rstrip().endswith(b"}") and _is_json(found):
            return found
    raise TimeoutError


@contextlib.contextmanager
def _address(path: Path) -> Iterator[str]:
    """The socket's address; a path that is too long for one is named through its open folder (Linux)."""
    if len(os.fsencode(path)) <= MAX_PATH_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
