"""What the values of the settings must be, beyond their types."""

import re
from collections.abc import Callable
from typing import Any

from tracehold.adapters.geth import is_loopback
from tracehold.config.graph import GraphSection
from tracehold.config.replication import ReplicationSection
from tracehold.config.settings import Config
from tracehold.core.enode import parse_enode
from tracehold.core.errors import Rejected
from tracehold.core.limits import MAX_ATTACHMENT_BYTES, MAX_PARTY_CHARS
from tracehold.core.quality import REFUSABLE

Rule = Callable[[Any], bool]

_LISTEN = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})", re.ASCII)
_CONTRACT = re.compile(r"(0x[0-9a-fA-F]{40})?")
_GENESIS = re.compile(r"(0x[0-9a-fA-F]{64})?")
_LOG = re.compile("[0-9a-f]{64}")
_FINALITY = re.compile(r"auto|tag|instant|depth:([1-9]\d{0,2}|1000)", re.ASCII)
_DATABASE = re.compile(r"[A-Za-z][A-Za-z0-9.-]{2,62}", re.ASCII)
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?|\*", re.ASCII)
_BOLT = re.compile(r"(bolt|neo4j)://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}", re.ASCII)
_URL = re.compile(r"https?://[^\s]+", re.ASCII)
_PLAIN = re.compile(r"https?://[^\s@?#]+", re.ASCII)


def check(config: Config) -> None:
    """Returns if every value is one that the node can work with; BAD_CONFIG with the key otherwise."""
    for where, (rule, wanted) in _RULES.items():
        section, key = where.split(".")
        if not rule(getattr(getattr(config, section), key)):
            raise Rejected("BAD_CONFIG", f"must be {wanted}", path=where)
    if _anywhere(config.peers.listen) and not config.peers.public:
        raise Rejected(
            "BAD_CONFIG", "must be set: other nodes cannot reach every address", path="peers.public"
        )
    _check_limits(config.replication)
    _check_graph(config.graph)


def _check_limits(replication: ReplicationSection) -> None:
    """Members that are looked at twice before they are suspect, and are suspect before they are lost."""
    if replication.suspect_s < 2 * replication.look_s:
        raise Rejected("BAD_CONFIG", "must be twice look_s or more", path="replication.suspect_s")
    if replication.replace_s < replication.suspect_s:
        raise Rejected("BAD_CONFIG", "must be suspect_s or more", path="replication.replace_s")


def _check_graph(graph: GraphSection) -> None:
    """A password that is for the server alone."""
    host = graph.uri.partition("://")[2].rpartition(":")[0]
    if graph.tls == "none" and host not in {"127.0.0.1", "[::1]", "localhost"}:
        raise Rejected(
            "BAD_CONFIG", "must be pinned or system where the server is elsewhere", path="graph.tls"
        )


def _anywhere(listen: str) -> bool:
    """Whether this listens on every address of the machine, which is none to be told."""
    return listen.rpartition(":")[0] in {"0.0.0.0", "[::]"}  # noqa: S104  refused, not used


def _listens(value: str) -> bool:
    found = _LISTEN.fullmatch(value)
    return found is not None and int(found[2]) < 1 << 16


def _reached(value: str) -> bool:
    """Whether others can be told this address: port 0 is nowhere."""
    return _listens(value) and not value.endswith(":0")


def _commands(value: str) -> bool:
    """Whether this names an admin interface of the same machine."""
    return "://" not in value or is_loopback(value)


def _called(value: str) -> bool:
    """Whether a token may travel there."""
    return bool(_PLAIN.fullmatch(value)) and (value.startswith("https:") or is_loopback(value))


def _is_enode(value: str) -> bool:
    try:
        return not value or bool(parse_enode(value))
    except Rejected:
        return False


def _at_least(least: float) -> tuple[Rule, str]:
    return (lambda value: value >= least), f"{least:g} or more"


def _within(least: float, most: float) -> tuple[Rule, str]:
    return (lambda value: least <= value <= most), f"from {least:g} to {most:g}"


_ADDRESS = (_listens, "host:port")
_RULES: dict[str, tuple[Rule, str]] = {
    "node.operator": (lambda value: ":" in value and 0 < len(value) <= MAX_PARTY_CHARS, "a URI"),
    "node.predecessor": (lambda value: not value or bool(_LOG.fullmatch(value)), "64 hexadecimal digits"),
    "grpc.listen": _ADDRESS,
    "grpc.max_concurrent": _within(1, 10_000),
    "rest.listen": _ADDRESS,
    "rest.public_url": (lambda value: not value or bool(_URL.fullmatch(value)), "an http or https address"),
    "rest.cors_origins": (
        lambda value: all(_ORIGIN.fullmatch(origin) for origin in value),
        "origins such as https://shop.example",
    ),
    "strangers.at_once": _within(1, 10_000),
    "strangers.max_items": _within(1, 500_000),
    "strangers.seconds": _within(1, 600),
    "peers.listen": (lambda value: not value or _reached(value), "host:port with a port of its own"),
    "peers.public": (lambda value: not value or _reached(value), "host:port"),
    "peers.timeout_s": _within(0.1, 600),
    "peers.max_concurrent": _within(1, 10_000),
    "directory.seeds": (lambda value: all(_reached(each) for each in value), "members as host:port"),
    "directory.ask_all_upto": _within(0, 10_000),
    "directory.announce_per_s": _within(0.1, 10_000),
    "directory.records_of_key": _within(1, 64),
    "directory.records_of_member": _at_least(1),
    "directory.records_total": _at_least(1),
    "audit.samples": _within(0, 128),
    "audit.epoch_s": _within(10, 31_622_400),
    "audit.window_s": _within(1, 86_400),
    "audit.keep_epochs": _within(1, 100_000),
    "quality.refuse": (
        lambda value: all(each in REFUSABLE for each in value),
        f"codes among {', '.join(sorted(REFUSABLE))}",
    ),
    "attachments.api": (_called, "an https address, or an http one of loopback"),
    "attachments.max_bytes": _within(1, MAX_ATTACHMENT_BYTES),
    "attachments.staged_bytes": _at_least(1 << 20),
    "attachments.grace_s": _within(60, 31_536_000),
    "ledger.rpc": (lambda value: bool(_URL.fullmatch(value)), "an http or https address"),
    "ledger.fallback_rpcs": (
        lambda value: all(_URL.fullmatch(each) for each in value),
        "http or https addresses",
    ),
    "ledger.genesis": (lambda value: bool(_GENESIS.fullmatch(value)), "0x and 64 hexadecimal digits"),
    "ledger.contract": (lambda value: bool(_CONTRACT.fullmatch(value)), "0x and 40 hexadecimal digits"),
    "ledger.chain_id": _at_least(0),
    "ledger.finality": (
        lambda value: bool(_FINALITY.fullmatch(value)),
        "auto, tag, instant or depth:N (N up to 1000)",
    ),
    "ledger.poll_s": _within(0.01, 600),
    "ledger.survey_s": _within(0.1, 3_600),
    "ledger.stall_s": _within(1, 86_400),
    "ledger.low_funds_anchors": _at_least(0),
    "ledger.replace_after_s": _within(1, 86_400),
    "ledger.replace_factor": _within(1.1, 10),
    "ledger.max_fee_gwei": _at_least(0),
    "chain_node.admin": (_commands, "the path of an IPC socket, or an address of loopback"),
    "chain_node.enode": (_is_enode, "enode://PUBLIC-KEY@HOST:PORT"),
    "chain_node.look_s": _within(0.1, 3_600),
    "anchor.records": _within(1, 1_000_000),
    "anchor.seconds": _within(0.1, 86_400),
    "replication.target": _within(1, 16),
    "replication.patience_s": _within(0.1, 3_600),
    "replication.quota_bytes": _at_least(0),
    "replication.look_s": _within(0.05, 3_600),
    "replication.suspect_s": _within(0.1, 30 * 86_400),
    "replication.replace_s": _within(0.1, 365 * 86_400),
    "replication.repair_bytes_per_s": _at_least(0),
    "replication.scrub_bytes_per_s": _at_least(0),
    "graph.uri": (lambda value: bool(_BOLT.fullmatch(value)), "bolt://HOST:PORT"),
    "graph.user": (bool, "a name"),
    "graph.database": (
        lambda value: bool(_DATABASE.fullmatch(value)),
        "3 to 63 letters, digits, dots, dashes",
    ),
    "graph.timeout_s": _within(0.1, 3_600),
    "limits.disk_reserve_bytes": _at_least(16 << 20),
    "limits.stop_grace_s": _within(0, 600),
    "logging.slow_s": _at_least(0),
    "logging.sample": _at_least(0),
}
