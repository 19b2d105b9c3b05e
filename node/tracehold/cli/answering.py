"""Whether the node of a folder runs, for commands that ask it through its files."""

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracehold.config import Config

CONNECT_S = 2.0


def down(config: "Config") -> str:
    """That the node does not answer; nothing where it does."""
    host, _, port = config.grpc.listen.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), CONNECT_S):
            return ""
    except OSError:
        return f"the node is down (nobody answers at {config.grpc.listen})"
