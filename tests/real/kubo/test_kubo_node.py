"""A node whose attachments are at a daemon of IPFS, as its operator and its users see it: served, without its
daemon, whole again, refused a public one, and with another store than before.
"""

import filecmp
import json
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from tests.e2e.conftest import OPERATOR, SIGNER, SIGNER_KEY, enrol
from tests.e2e.labs import until
from tests.e2e.signing import event, signer
from tests.e2e.world import World
from tests.kubo_servers import running
from tracehold.cli.demo.programs import run
from tracehold.cli.files import CONFIG_NAME
from tracehold.core.blocks import Blocks
from tracehold.core.errors import Broken, Unavailable
from tracehold.core.record import Attachment
from tracehold.lab.services.kubo import KuboServer
from tracehold_client import Client
from tracehold_client.attachments import Attachments

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KuboServer]:
    """The daemon of the node; every test leaves it running."""
    with running(tmp_path_factory.mktemp("kubo-node") / "kubo") as found:
        yield found


@pytest.fixture(scope="module")
def world(server: KuboServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A chain and a node that keeps attachments at the daemon; every test leaves both up."""
    found = World.new(tmp_path_factory.mktemp("kubo-node") / "world")
    try:
        found.build(OPERATOR)
        kubo = f'[attachments]\nstore = "kubo"\napi = "{server.url}"\ntoken_file = "{server.token_file}"\n'
        reconfigured(found, "[anchor]\n", f"{kubo}\n[anchor]\n")
        found.token("signer", "capture", party=SIGNER.party.link)
        found.start()
        enrol(found, SIGNER, SIGNER_KEY)
        yield found
    finally:
        found.stop()


def reconfigured(world: World, old: str, new: str) -> None:
    """Change the configuration; taken at the next start."""
    path = world.home / CONFIG_NAME
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def restarted(world: World) -> None:
    """The node, with the configuration of now."""
    assert world.node is not None
    world.node.stop()
    world.start()


def attachments(world: World) -> Attachments:
    """What brings and fetches as SIGNER."""
    return Attachments(world.rest, token=(world.dir / "signer.token").read_text().strip())


def client(world: World) -> Client:
    """A client as SIGNER."""
    return Client(world.grpc, token=(world.dir / "signer.token").read_text().strip())


def named(world: World, blocks: Blocks) -> str:
    """The fingerprint of a record that names the content."""
    says = Attachment(blocks.fingerprint, blocks.size, "application/pdf", blocks.digest)
    with client(world) as asked:
        record = signer(asked).event(event(), attachments=(says,))
        return asked.upload([record])[0].unwrap().fingerprint


def content(folder: Path, size: int) -> Path:
    """A file of so many bytes, no block of which is another's."""
    path = folder / f"{size}.bin"
    path.write_bytes(Random(size).randbytes(size))
    return path


def kept(world: World) -> tuple[str, bool, str]:
    """What the node says of the store: what it is, whether it is up, and in words."""
    with client(world) as asked:
        (found,) = (each for each in asked.status().backends if each.port == "blobs")
    return found.name, found.up, found.detail


@pytest.mark.parametrize("size", [8, 4_000_000, 100_000_000])
def test_content_is_streamed_to_the_daemon_and_back(
    world: World, server: KuboServer, tmp_path: Path, size: int
):
    """Fetched by its CID, by which the daemon holds it; nothing of it is in the folder."""
    file = content(tmp_path, size)
    blocks = attachments(world).attach(file)
    record = named(world, blocks)
    out = tmp_path / "out"
    assert attachments(world).fetch(record, str(blocks.cid), out) == blocks
    assert filecmp.cmp(out, file, shallow=False)
    assert str(blocks.cid) in server.ask("pin/ls", type="recursive")["Keys"]
    assert not (world.home / "data" / "blobs").exists()


def test_the_daemon_goes_and_comes_back(world: World, server: KuboServer, tmp_path: Path):
    """What was answered survives its kill; while it is gone attachments are refused as such and everything
    else goes on; nothing has to be restarted.
    """
    blocks = attachments(world).attach(content(tmp_path, 4_200_000))
    server.kill()
    record = named(world, blocks)
    assert kept(world)[:2] == ("kubo", False)
    assert 'tracehold_backend_up{name="kubo",port="blobs"} 0.0' in metrics(world)
    for call in (
        lambda: attachments(world).attach(content(tmp_path, 4_300_000)),
        lambda: attachments(world).fetch(record, str(blocks.cid), tmp_path / "no"),
    ):
        with pytest.raises(Unavailable) as refused:
            call()
        assert refused.value.code == "BLOBS_DOWN"
    restarted(world)
    record = named(world, blocks)
    server.launch()
    server.wait()
    assert attachments(world).fetch(record, str(blocks.cid), tmp_path / "out") == blocks
    until(lambda: kept(world) == ("kubo", True, "kubo 0.38.2, private; 0 other daemons on the line"))


def test_a_public_daemon_is_refused(world: World, server: KuboServer):
    """The node does not start on one, and the doctor says why; both take it where the operator says so."""
    assert world.node is not None
    world.node.stop()
    path = server.home / "config"
    private = path.read_text()
    changed(server, json.dumps({**json.loads(private), "Routing": {"Type": "dhtclient"}}))
    try:
        with suppress(Broken):
            world.start_node()
        assert world.node.ended(30) != 0
        assert "is of the public network" in (world.dir / "node.log").read_text()
        assert found_by_doctor(world)["ipfs"] == (
            False,
            "BAD_CONFIG: the IPFS daemon is of the public network",
        )
        reconfigured(world, 'store = "kubo"\n', 'store = "kubo"\npublic_ipfs = true\n')
        world.start_node()
        assert kept(world)[2].startswith("kubo 0.38.2, may be public")
        reconfigured(world, "public_ipfs = true\n", "")
    finally:
        changed(server, private)
    restarted(world)
    assert found_by_doctor(world)["ipfs"][0]


def test_another_store_gets_what_was_kept_before(world: World, server: KuboServer, tmp_path: Path):
    """From the daemon to the folder and back: each start brings all over, and what records name is handed
    out from there.
    """
    blocks = attachments(world).attach(content(tmp_path, 2_500_000))
    record = named(world, blocks)
    reconfigured(world, 'store = "kubo"', 'store = "folder"')
    restarted(world)
    assert kept(world) == ("folder", True, "")
    assert not (world.home / "data" / "blobs.sqlite").exists()
    assert str(blocks.cid) not in server.ask("pin/ls", type="recursive")["Keys"]
    assert attachments(world).fetch(record, str(blocks.cid), tmp_path / "one") == blocks
    reconfigured(world, 'store = "folder"', 'store = "kubo"')
    restarted(world)
    assert str(blocks.cid) in server.ask("pin/ls", type="recursive")["Keys"]
    assert attachments(world).fetch(record, str(blocks.cid), tmp_path / "two") == blocks


def changed(server: KuboServer, config: str) -> None:
    """Start the daemon again with another configuration."""
    server.stop()
    (server.home / "config").write_text(config)
    server.launch()
    server.wait()


def found_by_doctor(world: World) -> dict[str, tuple[bool, str]]:
    """What the doctor says, by name."""
    told = json.loads(run("doctor", "--dir", str(world.home), "--json", also=1))
    return {each["name"]: (each["well"], each["detail"]) for each in told["checks"]}


def metrics(world: World) -> str:
    """The page of the metrics."""
    with urllib.request.urlopen(world.rest + "/metrics") as answer:
        return bytes(answer.read()).decode()
