"""A record that its speaker superseded on the chain, at a running node."""

import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tests.e2e.conftest import SIGNER, Running
from tests.e2e.signing import event, signer
from tracehold.cli.demo.programs import run
from tracehold.core.ids import Fingerprint
from tracehold.core.record import fingerprint
from tracehold.v1 import verify_pb2
from tracehold_client import Client, State, statement

PATIENCE_S = 30.0


def kept(client: Client, raw: bytes) -> Fingerprint:
    """The fingerprint, once it is final."""
    (result,) = client.upload([statement(raw)], wait_for=State.FINAL)
    return Fingerprint(bytes.fromhex(result.unwrap().fingerprint))


def until(asked: Callable[[], bool]) -> None:
    """Ask again and again, for a while."""
    end = time.monotonic() + PATIENCE_S
    while not asked():
        assert time.monotonic() < end, f"not within {PATIENCE_S} s"
        time.sleep(0.1)


def status(running: Running) -> verify_pb2.GetStatusResponse:
    """How the node stands."""
    with Client(running.world.grpc) as client:
        return client.status()


def test_a_superseded_record_is_withdrawn_by_a_running_node(own: Running, tmp_path: Path) -> None:
    """Honoured from the pointer's block on; after a restart too. The status and the metrics show how far the
    chain is followed.
    """
    item = SIGNER.piece(3, "WRONG").link
    with Client(own.world.grpc, token=own.reader) as client:
        before = kept(client, signer(client).event(event(item)))
        raw = signer(client).event(event(item, bizStep="shipping"), supersedes=before)
        (tmp_path / "right.cose").write_bytes(raw)
        run("supersede", before.hex(), str(tmp_path / "right.cose"), "--dir", str(own.world.home))
        until(lambda: client.record(before.hex()).superseded.honoured)
        said = client.record(before.hex()).superseded
        assert (said.honoured, said.replacement, said.node) == (True, fingerprint(raw).hex(), 1)
        until(lambda: [list(each.flags) for each in client.history(item).events] == [["SUPERSEDES"]])
    found = status(own).follower
    assert (found.undone, len(found.hash)) == (0, 64)
    assert found.block >= said.block > 0
    assert own.world.node is not None
    own.world.node.stop()
    own.world.start_node()
    with Client(own.world.grpc, token=own.reader) as client:
        assert client.record(before.hex()).superseded == said
        assert len(client.history(item).events) == 1
    until(lambda: status(own).follower.block >= found.block)
    with urllib.request.urlopen(f"{own.world.rest}/metrics") as page:
        assert b"tracehold_chain_behind" in page.read()
