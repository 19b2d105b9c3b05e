"""A record that its speaker superseded on the chain, at a running node."""

import asyncio
import time
import urllib.request
from collections.abc import Callable

from tests.e2e.conftest import SIGNER, Running
from tests.e2e.signing import event, signer
from tracehold.adapters.ethereum import abi
from tracehold.adapters.ethereum.client import Client as Chain
from tracehold.adapters.ethereum.sender import Sender
from tracehold.adapters.keyfiles import read_ledger_key
from tracehold.core.ids import Fingerprint
from tracehold.core.receipt import parse_receipt
from tracehold.core.record import fingerprint
from tracehold.v1 import verify_pb2
from tracehold_client import Client, State, statement

PATIENCE_S = 30.0


def kept(client: Client, raw: bytes) -> Fingerprint:
    """The fingerprint, once it is final."""
    (result,) = client.upload([statement(raw)], wait_for=State.FINAL)
    return Fingerprint(bytes.fromhex(result.unwrap().fingerprint))


async def point(running: Running, before: Fingerprint, after: Fingerprint, receipt: bytes) -> None:
    """Send the pointer from the node's account, which sends nothing else now."""
    found, chain = parse_receipt(receipt), Chain(running.world.rpc)
    secret = read_ledger_key(running.world.home / "keys" / "ledger.key")
    sender = Sender(chain, await chain.chain_id(), secret)
    data = abi.encode_call("supersede", before, after, found.index, list(found.path))
    contract = bytes.fromhex(running.world.contract.removeprefix("0x"))
    await sender.send(await sender.prepare(contract, data, 500_000))
    await chain.close()


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


def test_a_superseded_record_is_withdrawn_by_a_running_node(own: Running) -> None:
    """A claim from the pointer's block on, honoured once the replacement is there; after a restart too. The
    status and the metrics show how far the chain is followed.
    """
    item = SIGNER.piece(3, "WRONG").link
    with Client(own.world.grpc, token=own.reader) as client:
        before = kept(client, signer(client).event(event(item)))
        raw = signer(client).event(event(item, bizStep="shipping"), supersedes=before)
        # The replacement comes after the pointer: so the record's receipt is one under the newest head.
        asyncio.run(point(own, before, fingerprint(raw), client.receipt(before.hex()).cose))
        until(lambda: client.record(before.hex()).superseded.claim == "UNKNOWN")
        (claimed,) = client.history(item).events
        assert list(claimed.flags) == ["SUPERSEDE_CLAIMED"]
        assert kept(client, raw) == fingerprint(raw)
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
