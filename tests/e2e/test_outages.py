"""Disk, chain and configuration at fault: what goes on, what waits, what refuses to start."""

import sqlite3
import time
from contextlib import closing, suppress

import pytest

from tests.e2e.conftest import SENDER, Running
from tests.e2e.signing import event
from tracehold.cli.files import CONFIG_NAME, replace_file
from tracehold.core.errors import Broken, Unavailable
from tracehold_client import Client, State, event_json


def reconfigure(running: Running, old: str, new: str) -> None:
    """Change the configuration as an operator would; taken at the next start."""
    path = running.world.home / CONFIG_NAME
    text = path.read_text()
    assert old in text
    replace_file(path, text.replace(old, new, 1))


def exit_of_start(running: Running) -> tuple[int, bool]:
    """Start a node that must not go on: its exit code, and whether its log names the wrong chain."""
    world = running.world
    with suppress(Broken):  # it may end before it says that it is ready, or soon after
        world.start_node()
    assert world.node is not None
    code = world.node.ended(30)
    return code, "WRONG_CHAIN" in (world.dir / "node.log").read_text()


def refusal_of_upload(client: Client) -> str:
    """The code with which an upload is refused, as a whole or record by record."""
    try:
        (outcome,) = client.upload([event_json(event())])
    except Unavailable as error:
        return error.code
    return outcome.error.code if outcome.error else "taken"


def test_disk_nearly_full_refuses_uploads_and_answers_reads(own: Running):
    """Under the reserve uploads are RESOURCE_EXHAUSTED (DISK_LOW) and reads go on; with room again they
    resume.
    """
    item = SENDER.piece(1, "D1").link
    with Client(own.world.grpc, token=own.sender) as client:
        kept = client.upload([event_json(event(item))])[0].unwrap()
    assert own.world.node is not None
    own.world.node.stop()
    reconfigure(own, "[anchor]\n", f"[limits]\ndisk_reserve_bytes = {1 << 60}\n\n[anchor]\n")
    own.world.start()
    with Client(own.world.grpc, token=own.sender) as client:
        assert refusal_of_upload(client) == "DISK_LOW"
        assert client.record(kept.fingerprint).fingerprint == kept.fingerprint
        assert [e.fingerprint for e in client.history(item).events] == [kept.fingerprint]
    own.world.node.stop()
    reconfigure(own, f"disk_reserve_bytes = {1 << 60}", "disk_reserve_bytes = 16777216")
    own.world.start()
    with Client(own.world.grpc, token=own.sender) as client:
        assert client.upload([event_json(event())])[0].error is None


def wait_until_ledger(client: Client, *, up: bool) -> None:
    """Return when the node itself says that its chain answers, or does not."""
    end = time.monotonic() + 60
    while [backend.up for backend in client.status().backends if backend.port == "ledger"] != [up]:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_chain_down_uploads_go_on_and_finish_when_it_is_back(own: Running):
    """Without a chain records reach SEALED; with the chain back, the same records reach FINAL by
    themselves.
    """
    world = own.world
    assert world.chain is not None
    world.chain.kill()
    with Client(world.grpc, token=own.sender) as client:
        outcomes = client.upload([event_json(event()) for _ in range(20)])
        fingerprints = [outcome.unwrap().fingerprint for outcome in outcomes]
        assert {outcome.state for outcome in outcomes} == {State.SEALED}
        wait_until_ledger(client, up=False)
        assert set(client.states(fingerprints).values()) == {State.SEALED}
        world.start_chain()
        states = client.wait_for_state(fingerprints, State.FINAL, timeout=60)
    assert set(states.values()) == {State.FINAL}


def test_waiting_for_final_without_a_chain_answers_what_was_reached(own: Running):
    """A call that waits for FINAL answers SEALED at its deadline; nothing is lost."""
    assert own.world.chain is not None
    own.world.chain.kill()
    with Client(own.world.grpc, token=own.sender) as client:
        (outcome,) = client.upload([event_json(event())], wait_for=State.FINAL, timeout=5)
    assert outcome.error is None
    assert outcome.state is State.SEALED


def test_wrong_chain_id_refuses_to_start(own: Running):
    """A node that is pointed at another chain does not run, and says why."""
    world = own.world
    assert world.node is not None
    world.node.stop()
    reconfigure(own, f"chain_id = {world.config['ledger']['chain_id']}\n", "chain_id = 4242\n")
    assert exit_of_start(own) == (70, True)


def test_another_chain_behind_the_same_address_refuses_to_start(own: Running):
    """The chain was wiped and started anew: its contract is not the log's, and the node does not go on."""
    import shutil

    world = own.world
    with Client(world.grpc, token=own.sender) as client:
        taken = client.upload([event_json(event())])[0].unwrap()
        client.wait_for_state([taken.fingerprint], State.FINAL, timeout=60)
    world.stop()
    shutil.rmtree(world.dir / "chain")
    world.start_chain()
    code, named = exit_of_start(own)
    assert code in {1, 70}
    assert named


def test_second_node_on_the_same_folder_is_kept_out(own: Running):
    """Two processes on one log would fork it: the second does not start, the first goes on."""
    from tests.e2e.programs import Program

    second = Program("second", ["serve", "--dir", str(own.world.home)], own.world.dir)
    try:
        with pytest.raises(Broken):
            second.first_line()
        assert "STORE_BUSY" in (own.world.dir / "second.log").read_text()
    finally:
        second.stop()
    with Client(own.world.grpc, token=own.sender) as client:
        assert client.upload([event_json(event())])[0].error is None


def test_orderly_stop_loses_nothing(own: Running):
    """What was answered before SIGTERM is there after the next start, and reaches FINAL."""
    with Client(own.world.grpc, token=own.sender) as client:
        outcomes = client.upload([event_json(event()) for _ in range(50)])
        fingerprints = [outcome.unwrap().fingerprint for outcome in outcomes]
    own.world.stop()
    with closing(sqlite3.connect(own.world.home / "data" / "log.sqlite")) as log:
        stored = {row[0].hex() for row in log.execute("SELECT fingerprint FROM entries")}
    assert set(fingerprints) <= stored
    own.world.start()
    with Client(own.world.grpc, token=own.sender) as client:
        states = client.wait_for_state(fingerprints, State.FINAL, timeout=60)
    assert set(states.values()) == {State.FINAL}
