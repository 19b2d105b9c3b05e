"""Every setting of a node, one dataclass for each section of its TOML file. The texts below the fields are
the manual: `tools/config_doc.py` writes docs/config.md from them.

Paths are relative to the folder of the file. Secrets never stand in it: keys are
named by path, tokens by hash.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tracehold.api.access import Token
from tracehold.config.attachments import AttachmentsSection
from tracehold.config.audit import AuditSection
from tracehold.config.chain_node import ChainNodeSection
from tracehold.config.directory import DirectorySection
from tracehold.config.graph import GraphSection
from tracehold.config.ledger import LedgerSection
from tracehold.config.quality import QualitySection
from tracehold.config.replication import ReplicationSection
from tracehold.config.strangers import StrangersSection


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSection:
    """Whose node this is, and where it keeps things."""

    operator: str
    """URI of the party that runs the node, for example its PGLN.
    It stands in the log's header: never change it.
    """

    name: str = ""
    """Name shown to people. Default: the operator."""

    data_dir: Path = Path("data")
    """Folder of the log, the index and the capture jobs. One node a folder, on a local disk: two nodes on one
    folder, or an old copy of it started again, fork the log, which everybody can see and nobody can undo.
    """

    predecessor: str = ""
    """Id of the retired log that this node's log continues, 64 hexadecimal digits; it stands in the log's
    header, so it is read at the first start alone (`tracehold init --successor-of`).
    """

    mode: Literal["strict", "tolerant"] = "tolerant"
    """How EPCIS events are read: `tolerant` takes the known sloppiness of real systems and reports it as
    warnings, `strict` refuses what the published schema refuses.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysSection:
    """Key files, readable by their owner only (`tracehold init` makes them)."""

    node: Path = Path("keys/node.key")
    """Ed25519 seed of the node key, which signs checkpoints and
    delegated events. Lost: the log cannot grow any more.
    """

    ledger: Path = Path("keys/ledger.key")
    """secp256k1 key of the account that anchors. It pays: keep little on it. Never use it in a second
    program: two senders spoil each other's nonces.
    """

    tls_certificate: Path = Path("keys/tls.crt")
    """Certificate chain of the listeners, PEM, with a P-256 key (Ed25519 leaves fail in gRPC's TLS)."""

    tls_key: Path = Path("keys/tls.key")
    """Private key of the certificate, PEM."""

    network: Path = Path("keys/network.key")
    """The secret that all members share: it hides from outsiders what the directory is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpcSection:
    """The gRPC listener: uploads, questions, proofs."""

    listen: str = "127.0.0.1:7450"
    """Address and port. Port 0 lets the system choose."""

    tls: bool = False
    """Speak TLS with the certificate of [keys]. Without it only
    loopback is taken: tokens never travel in the clear.
    """

    max_concurrent: int = 256
    """Calls answered at one time; more are refused with RESOURCE_EXHAUSTED. More than
    this node can answer only makes all of them late. Half of them may be streams, a quarter dossiers.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class RestSection:
    """The REST listener: capture, questions, health, metrics."""

    listen: str = "127.0.0.1:7480"
    """Address and port. Port 0 lets the system choose."""

    tls: bool = False
    """Speak TLS with the certificate of [keys]."""

    behind_proxy: bool = False
    """A proxy in front speaks TLS to the world. Only then may a listener without `tls` leave loopback.
    Danger: with no such proxy, tokens travel in the clear.
    """

    public_url: str = ""
    """Address under which others reach this listener, for links. Default: links have no host."""

    cors_origins: tuple[str, ...] = ()
    """Origins whose pages may call from a browser, for example `https://shop.example`. Default: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeersSection:
    """The listener for the other nodes of the network: mutual TLS with the certificate of [keys], members
    only. Members read what this node holds, whatever its audience.
    """

    listen: str = ""
    """Address and port, for example `10.0.0.5:7460`. Empty: this node neither answers other nodes nor asks
    them.
    """

    public: str = ""
    """Address and port under which other nodes reach this listener, as the node record tells them
    (`tracehold member request`). Default: `listen`, where that is no wildcard.
    """

    timeout_s: float = 5.0
    """Seconds that another node gets for its part of an answer. What it did not say by then is a gap."""

    max_concurrent: int = 128
    """Calls answered at one time; of one member 16."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorSection:
    """How often the log is anchored. An anchor costs the same for 1 record and for 10,000."""

    records: int = 10_000
    """Anchor as soon as this many records wait."""

    seconds: float = 10.0
    """Anchor at the latest after this many seconds where any record waits. Small values cost gas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsSection:
    """What the node leaves free and how long it waits."""

    disk_reserve_bytes: int = 1 << 30
    """Bytes of disk under which uploads are refused with DISK_LOW while reads go on. Small values risk a full
    disk, on which nothing can be repaired.
    """

    stop_grace_s: float = 10.0
    """Seconds that running calls get to end when the node stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggingSection:
    """Log lines: JSON, one a line, on stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Lines below this level are left out."""

    slow_s: float = 1.0
    """Calls that take longer are logged."""

    sample: int = 1_000
    """One in so many other calls is logged; 0 logs none. A line costs about as much as a small call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole file. `tokens` are its `[[tokens]]`; `path` is the file itself."""

    path: Path
    node: NodeSection
    keys: KeysSection = KeysSection()
    grpc: GrpcSection = GrpcSection()
    rest: RestSection = RestSection()
    strangers: StrangersSection = StrangersSection()  # noqa: RUF009  frozen
    peers: PeersSection = PeersSection()
    directory: DirectorySection = DirectorySection()  # noqa: RUF009  frozen
    ledger: LedgerSection = LedgerSection()  # noqa: RUF009  frozen
    chain_node: ChainNodeSection = ChainNodeSection()  # noqa: RUF009  frozen
    anchor: AnchorSection = AnchorSection()
    replication: ReplicationSection = ReplicationSection()  # noqa: RUF009  frozen
    audit: AuditSection = AuditSection()  # noqa: RUF009  frozen
    graph: GraphSection = GraphSection()  # noqa: RUF009  frozen
    quality: QualitySection = QualitySection()  # noqa: RUF009  frozen
    attachments: AttachmentsSection = AttachmentsSection()  # noqa: RUF009  frozen
    limits: LimitsSection = LimitsSection()
    logging: LoggingSection = LoggingSection()
    tokens: tuple[Token, ...] = ()
