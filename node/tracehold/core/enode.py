"""Where a node of the chain is reached by the others: its enode, as execution clients write it.

    enode://PUBLIC-KEY@HOST:PORT[?discport=PORT]

The public key (64 bytes of hexadecimal digits, the point without its leading 04) is who it is: host and port
differ by where one looks from. What a member published is read here before anything is done with it.
"""

import ipaddress
import re
from dataclasses import dataclass, replace

from tracehold.core.errors import Rejected

MAX_CHARS = 300

_FORM = re.compile(
    r"enode://(?P<node>[0-9a-fA-F]{128})@"
    r"(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?):(?P<port>[1-9]\d{0,4})"
    r"(\?discport=(?P<discovery>0|[1-9]\d{0,4}))?",
    re.ASCII,
)
_PRIME = (1 << 256) - (1 << 32) - 977
"""The field of secp256k1 (SEC 2 section 2.4.1), whose curve is y^2 = x^3 + 7."""


@dataclass(frozen=True, slots=True)
class Enode:
    """A node of the chain. `node` is its public key, 128 lower-case hexadecimal digits; `host` is a name or
    an address, IPv6 without brackets; `discovery` is the UDP port where it is not `port`.
    """

    node: str
    host: str
    port: int
    discovery: int | None = None

    def __str__(self) -> str:
        """As clients take it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        query = "" if self.discovery is None else f"?discport={self.discovery}"
        return f"enode://{self.node}@{host}:{self.port}{query}"

    @property
    def is_local(self) -> bool:
        """Whether only its own machine reaches it there."""
        return self.host == "localhost" or (_is_address(self.host) and _address(self.host).is_loopback)

    def at(self, host: str) -> "Enode":
        """The same node under another host."""
        return replace(self, host=host)


def parse_enode(text: str) -> Enode:
    """The enode that this text is. Private and loopback hosts are taken: a consortium may live in one
    network.

    Raises BAD_URI for another form, a key that is no point of the curve, and a host that is nobody's (the
    unspecified address, multicast).
    """
    found = _FORM.fullmatch(text) if len(text) <= MAX_CHARS else None
    if found is None:
        raise _bad("it has the form enode://PUBLIC-KEY@HOST:PORT")
    host, port, discovery = found["host"].strip("[]"), int(found["port"]), found["discovery"]
    if max(port, int(discovery or 0)) >= 1 << 16:
        raise _bad("a port is less than 65536")
    _check_host(host, bracketed=found["host"].startswith("["))
    node = found["node"].lower()
    if not _on_curve(int(node[:64], 16), int(node[64:], 16)):
        raise _bad("its public key is no point of secp256k1")
    return Enode(node, host, port, None if discovery is None else int(discovery))


def _check_host(host: str, *, bracketed: bool) -> None:
    """A last label of digits is an address or nothing (WHATWG URL section 3.5): resolvers read 1 as
    0.0.0.1.
    """
    if not bracketed and not host.rpartition(".")[2].isdigit():
        return
    if not _is_address(host) or bracketed != (":" in host):
        raise _bad("its host is no address")
    address = _address(host)
    if address.is_unspecified or address.is_multicast or host == "255.255.255.255":
        raise _bad("its host is nobody's")


def _is_address(host: str) -> bool:
    try:
        _address(host)
    except ValueError:
        return False
    return True


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(host)


def _on_curve(x: int, y: int) -> bool:
    return x < _PRIME and y < _PRIME and (y * y - x * x * x - 7) % _PRIME == 0


def _bad(why: str) -> Rejected:
    return Rejected(
        "BAD_URI",
        f"this is no enode: {why}",
        path="enode",
        remedy="Take it from the node's operator, who sees it in `tracehold chain status`.",
    )
