"""A node of this machine, by its folder."""

from pathlib import Path

from tracehold.cli.files import CONFIG_NAME


def local(dir: Path) -> tuple[str, Path | None]:
    """gRPC address and certificate of the node in this folder, None without TLS. Raises BAD_CONFIG."""
    from tracehold.config import load

    config = load(dir / CONFIG_NAME)
    return config.grpc.listen, config.keys.tls_certificate if config.grpc.tls else None
