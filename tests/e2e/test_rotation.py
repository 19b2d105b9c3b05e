"""A running node takes another certificate, account and node key, is killed in between, and everything stays
provable.
"""

import json
import ssl
from pathlib import Path

import pytest

from tests.e2e.conftest import SENDER, Running
from tests.e2e.programs import Program
from tests.e2e.signing import event
from tracehold.cli.demo.programs import run
from tracehold_client import Client, State, event_json
from tracehold_client.chain import verify_with_rpc

WAIT = "60"


def sealed(running: Running, serial: str) -> str:
    """One event, final; its fingerprint."""
    with Client(running.world.grpc, token=running.sender) as client:
        (result,) = client.upload([event_json(event(SENDER.piece(1, serial).link))], wait_for=State.FINAL)
        return result.unwrap().fingerprint


def proved(running: Running, fingerprint: str) -> str:
    """What a verifier finds on a chain of its own, in whole: FINAL."""
    with Client(running.world.grpc, token=running.reader) as client:
        evidence = client.evidence(fingerprint)
    report = verify_with_rpc(evidence, running.world.rpc, running.world.contract)
    assert report.error is None, report.error
    return report.state


def member(running: Running) -> dict[str, object]:
    """The node as the chain has it."""
    listed = json.loads(run("member", "list", "--dir", str(running.world.home), "--json"))
    (only,) = listed["members"]
    return only


def certificate(running: Running) -> str:
    """The one that other nodes are shown."""
    port = running.world.config["peers"]["listen"].rpartition(":")[2]
    return ssl.get_server_certificate(("127.0.0.1", int(port)))


def program(running: Running) -> Program:
    """The node's process."""
    assert running.world.node is not None
    return running.world.node


def rotate(running: Running, what: str) -> None:
    """By the command that an operator types."""
    run("key", "rotate", what, "--dir", str(running.world.home), "--timeout", WAIT, "--json")


@pytest.mark.slow
def test_every_key_is_replaced_while_the_node_runs(own: Running):
    """Uploads go on, all proofs hold, and the next start finds everything in its place."""
    keys = own.world.home / "keys"
    before = {path.name: path.read_bytes() for path in keys.iterdir()}
    made = [sealed(own, "before")]
    served = certificate(own)
    for what in ("tls", "ledger", "node"):
        rotate(own, what)
        made.append(sealed(own, what))
    now = {path.name: path.read_bytes() for path in keys.iterdir() if path.is_file()}
    for name in ("node.key", "ledger.key", "tls.key", "tls.crt"):
        assert now[name] != before[name]
        assert f"{name}.old" in now
    assert not list((keys / "next").iterdir())
    assert certificate(own) != served
    assert {proved(own, each) for each in made} == {"FINAL"}
    assert member(own)["state"] == "active"
    program(own).stop()
    run("doctor", "--dir", str(own.world.home))
    own.world.start_node()
    made.append(sealed(own, "after"))
    assert {proved(own, each) for each in made} == {"FINAL"}


@pytest.mark.slow
@pytest.mark.parametrize("what", ["ledger", "node"])
def test_a_node_that_is_killed_while_it_rotates_goes_on_at_its_next_start(
    own: Running, what: str, tmp_path: Path
):
    """Several times, whenever it happens to be."""
    made = [sealed(own, "before")]
    command = ["key", "rotate", what, "--dir", str(own.world.home), "--timeout", "120"]
    rotating = Program("rotate", command, tmp_path)
    for _ in range(4):
        program(own).kill()
        own.world.start_node()
    assert rotating.ended(120) == 0
    made.append(sealed(own, "after"))
    assert {proved(own, each) for each in made} == {"FINAL"}
