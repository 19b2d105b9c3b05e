"""One question to a chain's node over its IPC socket: JSON-RPC 2.0, one object a line.

The socket is a file that only the owner can open, so what it answers (admin, miner, clique) needs no password
and stands open to nobody else.
"""

import json
import socket
from pathlib import Path
from typing import Any

from tracehold.adapters.geth.lines import socket_address
from tracehold.core.errors import Unavailable

TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 64 << 20


class Refused(Exception):
    """The chain's node answered with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def ask(path: Path, method: str, *params: object, timeout_s: float = TIMEOUT_S) -> Any:
    """The answer's result. Raises Refused, and CHAIN_DOWN where nothing answers there in time."""
    question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    try:
        with socket.socket(socket.AF_UNIX) as line, socket_address(path) as address:
            line.settimeout(timeout_s)
            line.connect(address)
            line.sendall(json.dumps(question).encode() + b"\n")
            answer = json.loads(_line_of(line))
        problem = answer.get("error")
    except (OSError, ValueError, AttributeError) as error:
        raise Unavailable("CHAIN_DOWN", f"nothing answers at {path}") from error
    if problem is not None:
        raise Refused(int(problem.get("code", 0)), str(problem.get("message")))
    return answer.get("result")


def _line_of(line: socket.socket) -> bytes:
    found = bytearray()
    while not found.endswith(b"\n"):
        part = line.recv(1 << 16)
        if not part or len(found) > MAX_ANSWER_BYTES:
            raise ValueError("no whole answer")
        found += part
    return bytes(found)
