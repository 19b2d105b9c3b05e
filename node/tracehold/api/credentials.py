"""What a listener shows in a handshake, and whom it lets in, where that changes while the node runs."""

from collections.abc import Callable
from dataclasses import dataclass

import grpc


@dataclass(frozen=True, slots=True)
class Shown:
    """Key and certificate, and the certificates of those who are let in; None for everybody. PEM."""

    key: bytes
    certificate: bytes
    callers: bytes | None = None


def changing(now: Callable[[], Shown]) -> "grpc.ServerCredentials":
    """Credentials that are as `now` says at each handshake. It is called on threads of grpc's, one at a time,
    before anything is known of who is there.
    """
    shown = now()

    def fetch() -> "grpc.ServerCertificateConfiguration | None":
        nonlocal shown
        before, shown = shown, now()
        # None where nothing changed, and that is vital: grpc puts a new configuration in place of the one
        # with which another handshake may just begin, and the process may end in that (1.85: "Check failed:
        # prior > 0" in sync.cc, or worse). With one for each handshake, any two at once were enough.
        return None if shown == before else _configuration(shown)

    return grpc.dynamic_ssl_server_credentials(
        _configuration(shown),
        fetch,  # type: ignore[arg-type]  # None is documented: the configuration stays
        require_client_authentication=shown.callers is not None,
    )


def _configuration(shown: Shown) -> "grpc.ServerCertificateConfiguration":
    pair = (shown.key, shown.certificate)
    return grpc.ssl_server_certificate_configuration([pair], shown.callers)
