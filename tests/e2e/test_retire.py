"""A log that is retired: it never grows again, its records are answered for, and another log continues it."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import SENDER
from tests.e2e.labs import Network, network, settled, until
from tests.e2e.signing import document, event
from tracehold.cli.demo.programs import run
from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.output import REFUSED
from tracehold.cli.token import create
from tracehold.core.errors import TraceholdError
from tracehold.lab.founding import Founder
from tracehold.lab.programs import Slot, command
from tracehold_client.rest import RestClient

pytestmark = pytest.mark.slow

FLOUR, BREAD = (SENDER.piece(4, serial).link for serial in ("flour", "bread"))


@pytest.fixture
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A network of three, up."""
    with network(tmp_path_factory.mktemp("retire") / "lab", 3) as over:
        yield over


def baked() -> bytes:
    """A transformation of the flour into the bread."""
    made: dict[str, Any] = json.loads(event())
    del made["action"], made["epcList"]
    made |= {"type": "TransformationEvent", "inputEPCList": [FLOUR], "outputEPCList": [BREAD]}
    return json.dumps(made).encode()


def serve(slot: Slot, home: Path) -> None:
    """Start a node; return when it answers, whether it takes uploads or not."""
    slot.start(command("serve", "--dir", str(home)))
    slot.wait_until(lambda: b"\n" in slot.out.read_bytes())


def successor(three: Network, old: Path, new: Path) -> tuple[Slot, RestClient, RestClient]:
    """A node whose log continues that of a retired one, enrolled and ready: its process, and the sender's and
    a reader's line to it.
    """
    ports = ("--grpc-port", "0", "--rest-port", "0", "--peer-port", "0")
    made = json.loads(run("init", "--dir", str(new), "--successor-of", str(old), *ports, "--json"))
    tokens = [create(new, role, (role,), SENDER.party.link) for role in ("capture", "authority")]
    founder = Founder(three.lab.plan.rpc, three.lab.admin_key, three.lab.chain.poll_s)
    config = new / CONFIG_NAME
    config.write_text(config.read_text() + "\n[audit]\nsamples = 0\n")
    asyncio.run(founder.enrol(config))
    slot = Slot(new / "run", "successor")
    serve(slot, new)
    sender, reader = (RestClient(made["rest"], token=token) for token in tokens)
    return slot, sender, reader


def refused(three: Network, name: str) -> str:
    """The code with which a node refuses an upload."""
    with pytest.raises(TraceholdError) as caught:
        three.capture(name, document(event()))
    return caught.value.code


def test_a_retired_log_is_continued_by_another(three: Network):
    """Uploads are refused with RETIRED, before and after a restart; a new node of the operator goes on, its
    header names the old log, the old node is revoked, and a trace goes through the records of both.
    """
    creator, holder, _ = three.names
    old = three.lab.home(creator)
    three.finished(creator, three.capture(creator, document(event(FLOUR))))
    three.caught_up()
    before = three.status(creator)
    with pytest.raises(Exception, match="may still grow"):
        run("init", "--dir", str(old.with_name("early")), "--successor-of", str(old))
    assert json.loads(run("retire", "--dir", str(old), "--yes", "--json"))["retired"] is True
    assert refused(three, creator) == "RETIRED"
    three.lab.kill(creator)
    three.lab.start_chain()
    serve(three.lab.slot(creator), old)
    assert refused(three, creator) == "RETIRED"
    after = three.status(creator)
    assert (after["retired"], after["sealed"], after["log"]) == (True, before["sealed"], before["log"])
    assert [e["verified"] for e in three.reader(creator).post("v1/history", {"item": FLOUR})["events"]] == [
        True
    ]

    node, sender, reader = successor(three, old, old.with_name("successor"))
    try:
        status = reader.get("v1/status")
        assert (status["predecessor"], status["retired"]) == (before["log"], False)
        assert status["operator"] == before["operator"]
        run("member", "revoke", "1", "--dir", str(old), "--admin-key", str(three.lab.admin_key))
        job = settled(sender, sender.capture(document(baked()), all_or_nothing=True), "FINAL")
        fingerprint = job["events"][0]["fingerprint"]
        until(lambda: fingerprint in set().union(*three.kept(holder).values()))
        asked = {"item": BREAD, "direction": "UPSTREAM"}
        until(lambda: FLOUR in [e["item"] for e in three.reader(holder).post("v1/trace", asked)["items"]])
        until(lambda: len(three.reader(holder).post("v1/history", {"item": FLOUR})["events"]) == 2)
        events = three.reader(holder).post("v1/history", {"item": FLOUR})["events"]
        assert {each["log"] for each in events} == {before["log"], status["log"]}
        assert all(each["verified"] for each in events)
        three.lab.stop([creator])
        found = json.loads(run("doctor", "--dir", str(old), "--json", also=REFUSED))
        assert "retired" in next(each["detail"] for each in found["checks"] if each["name"] == "log")
    finally:
        node.ask_to_stop()
        node.stopped()


def test_a_log_whose_end_nobody_has_any_more_is_retired(three: Network):
    """Its folder is an older copy, and all holders are gone for good: nothing is sealed while it waits for
    them, and once it is retired that is said for ever; what is there is read all the while.
    """
    creator = three.names[0]
    home = three.lab.home(creator)
    three.finished(creator, three.capture(creator, document(event(FLOUR))))
    three.lab.kill(creator)
    shutil.copytree(home / "data", home / "older")
    three.lab.restart(creator)
    three.finished(creator, three.capture(creator, document(baked())))
    for name in three.names:
        three.lab.kill(name)
    shutil.rmtree(home / "data")
    (home / "older").rename(home / "data")
    serve(three.lab.slot(creator), home)
    assert refused(three, creator) == "STARTING"
    run("retire", "--dir", str(home), "--yes")
    assert refused(three, creator) == "RETIRED"
    events = three.reader(creator).post("v1/history", {"item": FLOUR})["events"]
    assert [each["verified"] for each in events] == [True]
