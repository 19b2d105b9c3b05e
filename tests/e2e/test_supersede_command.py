"""`tracehold supersede`: a record is replaced at a running node by one command."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from typer.testing import CliRunner

from tests.e2e.conftest import SENDER, SIGNER, Running
from tests.e2e.signing import event, signer
from tests.e2e.test_superseded import kept, until
from tracehold.adapters.ethereum.client import Client as Chain
from tracehold.adapters.ethereum.contract import AnchorsContract
from tracehold.cli.demo.programs import run
from tracehold.core.record import fingerprint, parse
from tracehold.main import app
from tracehold_client import Client, State, event_json


def superseded(running: Running, *words: str) -> dict[str, str]:
    """What the command prints."""
    found: dict[str, str] = json.loads(run("supersede", *words, "--dir", str(running.world.home), "--json"))
    return found


def refused(running: Running, *words: str) -> str:
    """The code of its error."""
    given = ["supersede", *words, "--dir", str(running.world.home), "--json"]
    found = CliRunner().invoke(app, given)
    assert found.exit_code == 1, found.output
    code: str = json.loads(found.stdout)["error"]["code"]
    return code


def test_one_command_supersedes_a_record_for_good(own: Running, tmp_path: Path) -> None:
    """With a statement that its provider signed: sealed, pointed to, final, honoured. Again, it changes
    nothing; another replacement is refused, and a statement that names another record before anything is
    asked.
    """
    item = SIGNER.piece(3, "WRONG").link
    with Client(own.world.grpc, token=own.reader) as client:
        before = kept(client, signer(client).event(event(item)))
        raw = signer(client).event(event(item, bizStep="shipping"), supersedes=before)
        other = signer(client).event(event(item, bizStep="packing"), supersedes=before)
        (tmp_path / "right.cose").write_bytes(raw)
        (tmp_path / "other.cose").write_bytes(other)
        words = (before.hex(), str(tmp_path / "right.cose"))
        said = superseded(own, *words)
        assert (said["stage"], said["replacement"]) == ("final", fingerprint(raw).hex())
        until(_honoured(client, before.hex()))
        (left,) = client.history(item).events
        assert list(left.flags) == ["SUPERSEDES"]
        assert superseded(own, *words) == said
        assert refused(own, before.hex(), str(tmp_path / "other.cose")) == "CONFLICT"
        assert refused(own, fingerprint(raw).hex(), str(tmp_path / "other.cose")) == "BAD_HEADER"
        assert refused(own, "ab" * 32) == "CONFLICT"


def _honoured(client: Client, record: str) -> Callable[[], bool]:
    return lambda: client.record(record).superseded.honoured


def test_a_delegated_event_is_superseded_over_a_crash(own: Running) -> None:
    """Nobody gives a replacement: the node declares its event an error in the same party's name. It is killed
    right after it was asked, and goes on at its next start.
    """
    item = SENDER.piece(2, "WRONG").link
    with Client(own.world.grpc, token=own.sender) as client:
        (made,) = client.upload([event_json(event(item))], wait_for=State.SEALED)
        before = made.unwrap().fingerprint
    assert own.world.node is not None
    asked = superseded(own, before, "--timeout", "0")
    assert asked["record"] == before
    own.world.node.kill()
    own.world.start_node()
    said = superseded(own, before)
    assert said["stage"] == "final"
    with Client(own.world.grpc, token=own.authority) as client:
        until(_honoured(client, before))
        found = client.record(said["replacement"])
        record = parse(found.statement)
        assert record.header.supersedes is not None
        assert record.header.supersedes.hex() == before
        assert json.loads(record.payload)["errorDeclaration"]["reason"] == "incorrect_data"


def test_a_retired_log_ends_on_the_contract(own: Running) -> None:
    """After all that was sealed is final; who acknowledged its heads is shown from the chain alone. From then
    on, and after a restart, the node is readable and well: no fault, no alarm, nothing held up. A folder that
    is older than the end learns of it from the chain.
    """
    with Client(own.world.grpc, token=own.sender) as client:
        client.upload([event_json(event())])[0].unwrap()
        sealed = client.status().sealed
    run("retire", "--dir", str(own.world.home), "--yes")
    until(lambda: bool(asyncio.run(_retired(own))))
    found = json.loads(run("contract", "acknowledged", "1", "--dir", str(own.world.home), "--json"))
    assert found["heads"][-1]["size"] == sealed
    assert found["heads"][-1]["acknowledgedBy"] == []
    assert own.world.node is not None
    until(lambda: _well(own, sealed))
    _restart(own)
    until(lambda: _well(own, sealed))
    assert refused(own, "ab" * 32) == "RETIRED"
    own.world.node.stop()
    checks = json.loads(run("doctor", "--dir", str(own.world.home), "--json"))["checks"]
    assert [each["name"] for each in checks if not each["well"]] == []
    said = (own.world.dir / "node.log").read_text()
    assert "ACCOUNT_SHARED" not in said
    assert [line for line in said.splitlines() if "NOT_A_MEMBER" in line] == []
    own.world.start_node()
    (own.world.home / "data" / "retired").unlink()
    _restart(own)
    until(lambda: _well(own, sealed))


def _restart(running: Running) -> None:
    assert running.world.node is not None
    running.world.node.stop()
    running.world.start_node()


def _well(running: Running, sealed: int) -> bool:
    """Retired and ready; what is there is shown."""
    with Client(running.world.grpc) as client:
        status = client.status()
    assert list(status.faults) == []
    assert list(status.chain.alarms) == []
    try:
        with urllib.request.urlopen(f"{running.world.rest}/readyz"):
            pass
    except urllib.error.HTTPError:
        return False
    return bool(status.retired) and (status.sealed, status.final) == (sealed, sealed)


async def _retired(running: Running) -> bool:
    chain = Chain(running.world.rpc)
    contract = AnchorsContract(chain, bytes.fromhex(running.world.contract.removeprefix("0x")))
    (found,) = await contract.call("retiredOf", 1)
    await chain.close()
    return bool(found)
