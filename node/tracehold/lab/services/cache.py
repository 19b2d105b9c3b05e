"""Where the real servers are: `${TRACEHOLD_CACHE:-~/.cache/tracehold}/NAME-VERSION/BINARY`.

`make services` puts them there (tools/services); this package only looks. What stands under its final name is
whole, since it is made under another one and renamed.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tracehold.core.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Server:
    """One release of one server, and the name of its program inside its folder."""

    name: str
    version: str
    program: str

    @property
    def folder(self) -> str:
        """Name of its folder in the cache."""
        return f"{self.name}-{self.version}"


SERVERS = {
    server.name: server
    for server in (
        # The last release of geth that seals Clique (EIP-225); 1.14.0 took sealing out.
        Server("geth-clique", "1.13.15", "geth"),
        # For `geth --dev`, and as the execution layer of proof of stake.
        Server("geth", "1.16.9", "geth"),
        # The Community edition; the last line that runs on Java 17. Its program is a script of ours.
        Server("neo4j", "5.26.30", "neo4j"),
        # The daemon of IPFS; tools/services/kubo_module names all that goes into it.
        Server("kubo", "0.38.2", "ipfs"),
    )
}


def root(environment: Mapping[str, str] = os.environ) -> Path:
    """The cache, outside every clone."""
    return Path(environment.get("TRACEHOLD_CACHE") or Path.home() / ".cache" / "tracehold").resolve()


def place(name: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Where the program of this server belongs, there or not."""
    server = SERVERS[name]
    return root(environment) / server.folder / server.program


def binary(name: str, environment: Mapping[str, str] = os.environ) -> Path:
    """The program of a server, a key of `SERVERS`. Raises NODE_DOWN where it was not made yet."""
    found = place(name, environment)
    if not os.access(found, os.X_OK):
        raise Unavailable(
            "NODE_DOWN",
            f"{name} {SERVERS[name].version} is not on this machine: there is no {found}",
            remedy="Run `make services` in a clone of the project; TRACEHOLD_CACHE says where it puts them.",
        )
    return found
