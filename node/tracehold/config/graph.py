"""The settings of the index; they belong to `settings.Config`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphSection:
    """The index that questions are answered from. It can be
    deleted at any time and is made again from the log.
    """

    store: Literal["sqlite", "neo4j"] = "sqlite"
    """What keeps it: a file in the data folder, or a Neo4j server (5.23 or newer). The other keys are for the
    server alone. Changing it makes the index again from the log.
    """

    uri: str = "bolt://127.0.0.1:7687"
    """Address of the server."""

    user: str = "neo4j"
    """Who logs in. It makes constraints, indexes and vertices of any label."""

    password_file: Path = Path("keys/neo4j.password")
    """File that holds the password and nothing else, readable by its owner alone."""

    tls: Literal["pinned", "system", "none"] = "pinned"
    """Whom to trust: `pinned` the certificate below, `system` the authorities of this machine. `none` speaks
    no TLS, and is taken on loopback alone: the password would travel in the clear.
    """

    certificate: Path = Path("keys/neo4j.crt")
    """The server's certificate, or that of the authority that signed it, PEM, for `tls = "pinned"`."""

    database: str = "neo4j"
    """Its name on the server. It belongs to one node: two in one database spoil each other's index, and what
    else stands there under a label of ours (docs/graph.md) is deleted when the index is made again.
    """

    timeout_s: float = 30.0
    """Seconds that one transaction may take; then the server ends it."""
