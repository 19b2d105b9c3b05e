"""Provider records with short names, for tests of the directory's stores and lookups."""

from blake3 import blake3

from tests.logs import NETWORK
from tracehold.core.dht.keys import Key
from tracehold.core.dht.provider import MAX_LIFETIME_MS, Provider, sign_provider
from tracehold.core.ids import LogId
from tracehold.core.keys import Ed25519Key

NOW = 1_764_000_000_000


def log(name: str) -> LogId:
    """The log id of a member called `name`."""
    return LogId(blake3(name.encode()).digest())


def node_key(name: str) -> Ed25519Key:
    """Its node key."""
    return Ed25519Key.from_seed(blake3(name.encode()).digest())


def key(name: str) -> Key:
    """A key of the directory."""
    return Key(blake3(name.encode()).digest()[:20])


def provider(
    of: str, holder: str, issued_ms: int = NOW, life_ms: int = MAX_LIFETIME_MS, count: int = 1
) -> Provider:
    """`holder` holds so many records about `of`; truly signed."""
    return sign_provider(key(of), log(holder), count, issued_ms, NETWORK, node_key(holder), life_ms)
