"""The connection to a node: TLS unless it stays on this machine, calls repeated while the node is away."""

import ipaddress
import json

import grpc

from tracehold.core.errors import Rejected
from tracehold.core.limits import MAX_MESSAGE_BYTES

_MESSAGE_MARGIN = 1 << 20

# Every call of tracehold gives the same answer when it is repeated, so all of them
# may be. gRPC allows at most 5 attempts.
_SERVICE_CONFIG = {
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "0.2s",
                "maxBackoff": "5s",
                "backoffMultiplier": 2.5,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}

_OPTIONS = [
    ("grpc.enable_retries", 1),
    ("grpc.service_config", json.dumps(_SERVICE_CONFIG)),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES + _MESSAGE_MARGIN),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES + _MESSAGE_MARGIN),
    ("grpc.keepalive_time_ms", 30_000),
    # A node that comes back is found soon: by itself gRPC would look for it after a second at first, and at
    # last every two minutes.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 10_000),
    # A proxy of the environment has no business with a node's own port, least of all on loopback.
    ("grpc.enable_http_proxy", 0),
]


def open_channel(target: str, tls_ca: bytes | None) -> grpc.aio.Channel:
    """A channel to `target` (host:port). `tls_ca` holds the certificates (PEM) that
    the node's must come from.

    Without them the connection is in the clear, which is only allowed on this machine: BAD_REQUEST otherwise.
    """
    if tls_ca is not None:
        return grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(tls_ca), options=_OPTIONS)
    if not is_loopback(target):
        raise Rejected(
            "BAD_REQUEST",
            f"{target} is not on this machine, and no certificate was given",
            remedy="Give the node's certificate (tls_ca, --tls-ca).",
        )
    return grpc.aio.insecure_channel(target, options=_OPTIONS)


def is_loopback(target: str) -> bool:
    """Whether a gRPC target can only be this machine. Names other than localhost are not looked up."""
    if target.startswith("unix:"):
        return True
    host = target.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
