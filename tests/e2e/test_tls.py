"""A node that speaks TLS: its own certificate is what clients hold."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import SENDER, Running, copied, first_event
from tests.e2e.signing import event
from tracehold.adapters.keyfiles import create_certificate
from tracehold.cli.files import CONFIG_NAME
from tracehold.core.errors import Unavailable
from tracehold_client import Client, event_json


@pytest.fixture(scope="module")
def secure(template: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A node whose gRPC listener speaks TLS."""
    world = copied(template.world, tmp_path_factory.mktemp("tls") / "world")
    config = world.home / CONFIG_NAME
    text = config.read_text()
    assert "tls = false" in text
    config.write_text(text.replace("tls = false", "tls = true"))
    try:
        world.start()
        yield Running(world, template.sender, template.reader, template.authority)
    finally:
        world.stop()


def test_upload_over_tls(secure: Running):
    """With the node's certificate the token goes out and the upload comes in."""
    certificate = (secure.world.home / "keys" / "tls.crt").read_bytes()
    with Client(secure.world.grpc, token=secure.sender, tls_ca=certificate) as client:
        assert client.upload([event_json(event(SENDER.piece(9, "T").link))])[0].error is None


def test_another_certificate_of_the_same_name_is_not_trusted(secure: Running, tmp_path: Path):
    """Who sits between cannot pass for the node."""
    import datetime

    key, certificate = tmp_path / "k.pem", tmp_path / "c.pem"
    create_certificate(key, certificate, ["127.0.0.1", "localhost"], datetime.datetime.now(datetime.UTC))
    other = certificate.read_bytes()
    with (
        Client(secure.world.grpc, token=secure.sender, tls_ca=other, timeout=5) as client,
        pytest.raises(Unavailable),
    ):
        client.upload([event_json(first_event())])


def test_cleartext_to_a_tls_listener_gets_nowhere(secure: Running):
    """A client without the certificate gets no answer, and the node goes on."""
    with Client(secure.world.grpc, timeout=5) as client, pytest.raises(Unavailable):
        client.status()
    certificate = (secure.world.home / "keys" / "tls.crt").read_bytes()
    with Client(secure.world.grpc, tls_ca=certificate) as client:
        assert client.status().sealed > 0
