"""The GDST document split event by event over two nodes of one network: either answers as one that has it
all.
"""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import OPERATOR, SENDER, Running, first_event
from tests.e2e.programs import Program
from tests.e2e.signing import document
from tests.e2e.signing import event as said
from tests.e2e.test_gdst import DOCUMENT, Captured, captured
from tests.e2e.world import World
from tests.shared_data import shared
from tracehold.cli.demo.programs import run
from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.token import create
from tracehold.core.errors import Broken, Rejected
from tracehold_client.rest import RestClient

__all__ = ["captured"]

MOVER = "https://id.gs1.org/417/9521604000001"
OTHER = "https://id.gs1.org/417/9521902000000"


class Pair:
    """Two nodes on one chain, up, each with one half of the events."""

    def __init__(self, folder: Path, other_operator: str) -> None:
        self.world = World.new(folder)
        self.second = folder / "second"
        accounts = [self._init(self.world.home, OPERATOR), self._init(self.second, other_operator)]
        self.world.start_chain(*(part for account in accounts for part in ("--alloc", account)))
        run("contract", "deploy", "--dir", str(self.world.home))
        self._join()
        self.tokens = {
            home: (create(home, "sender", ("capture",), SENDER.party.link), create(home, "reader", (), ""))
            for home in (self.world.home, self.second)
        }
        self.world.start_node()
        self.other = Program("second", ["serve", "--dir", str(self.second)], folder)
        self.addresses = self.other.first_line()
        rest = [self.world.rest, self.addresses["rest"]]
        homes = (self.world.home, self.second)
        self.senders = [
            RestClient(url, token=self.tokens[home][0]) for url, home in zip(rest, homes, strict=True)
        ]
        self.readers = [
            RestClient(url, token=self.tokens[home][1]) for url, home in zip(rest, homes, strict=True)
        ]

    def _init(self, home: Path, operator: str) -> str:
        ports = ("--grpc-port", "0", "--rest-port", "0", "--peer-port", "0")
        made = json.loads(
            run("init", "--dir", str(home), "--operator", operator, "--rpc", self.world.rpc, *ports, "--json")
        )
        config = home / CONFIG_NAME
        config.write_text(
            config.read_text().replace("[ledger]\n", "[ledger]\npoll_s = 0.2\n")
            + "\n[anchor]\nseconds = 1.0\n[audit]\nsamples = 0\n"
        )
        return str(made["account"])

    def _join(self) -> None:
        """Enrol both; the second by the record that it hands to the admin."""
        config = self.second / CONFIG_NAME
        config.write_text(config.read_text().replace('contract = ""', f'contract = "{self.world.contract}"'))
        run("member", "add", "--dir", str(self.world.home))
        record = str(self.world.dir / "second.record")
        run("member", "request", "--dir", str(self.second), "--out", record)
        run("member", "add", "--dir", str(self.world.home), "--record", record)

    def capture(self, wanted: str) -> None:
        """Half of the events at each node; the header at the first. Return when all are in that state and
        indexed.
        """
        document = json.loads(shared(DOCUMENT).read_bytes())
        events = document["epcisBody"]["eventList"]
        for at, sender in enumerate(self.senders):
            part = {**document, "epcisBody": {"eventList": events[at::2]}}
            if at:
                part.pop("epcisHeader")
            path = sender.capture(json.dumps(part).encode(), all_or_nothing=True)
            settled(sender, path, wanted)
        for reader in self.readers:
            until(lambda reader=reader: _indexed(reader.get("v1/status")))

    def stop(self) -> None:
        """Both nodes, then the chain."""
        other = getattr(self, "other", None)
        if other is not None:
            other.stop()
        self.world.stop()


def settled(sender: RestClient, path: str, wanted: str) -> None:
    """Return when every event of the job is in that state."""

    def so() -> bool:
        job = sender.job(path)
        assert job["errors"] == []
        return not job["running"] and all(event["state"] == wanted for event in job["events"])

    until(so)


def _indexed(status: dict[str, Any]) -> bool:
    return int(status["indexed"]) >= int(status["sealed"])


def until(ready: Any) -> None:
    """Return when it is so; a minute is too long."""
    end = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.2)


def told(reader: RestClient, item: str, direction: str) -> dict[str, Any]:
    """What an answer says of the chain of an item, without what differs between signers and nodes."""
    answer = reader.post("v1/trace", {"item": item, "direction": direction})
    return {
        "items": sorted((each["item"], each["depth"]) for each in answer["items"]),
        "events": sorted(event["eventId"] for event in answer["events"]),
        "verified": {event["verified"] for event in answer["events"]},
        "gaps": {gap["reason"] for gap in answer["gaps"]},
        "truncated": answer["truncated"],
    }


@pytest.fixture(scope="module", params=[OPERATOR, OTHER], ids=["one operator", "two operators"])
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Pair, bool]]:
    """One operator's two nodes anchor by themselves; of two operators each keeps the other's log, and anchors
    with the other's acknowledgement. Whether there are copies.
    """
    made = Pair(tmp_path_factory.mktemp("pair") / "world", request.param)
    try:
        made.capture("FINAL")
        yield made, request.param == OTHER
    finally:
        made.stop()


QUESTIONS = [("processor.2u.v1-0122-2022", "UPSTREAM"), ("feedmill.1u.ff11252021", "DOWNSTREAM")]


@pytest.mark.slow
@pytest.mark.parametrize(("ending", "direction"), QUESTIONS)
def test_both_nodes_answer_as_one_that_has_it_all(
    captured: Captured, running: Running, pair: tuple[Pair, bool], ending: str, direction: str
):
    """The same items at the same depths, the same verified events, no gap."""
    two, _ = pair
    item = captured.lot(ending)
    whole = told(captured.reader, item, direction)
    assert whole["items"]
    for reader in two.readers:
        assert told(reader, item, direction) == whole


def standing(reader: RestClient, item: str) -> list[Any]:
    """A recall of an item and what its lots share, without what differs between signers and nodes."""
    recall = reader.post("v1/recall", {"item": item})
    rows = sorted(
        (
            each["item"],
            each["depth"],
            each["dispositions"],
            sorted(stay["place"] for stay in each["places"]),
            sorted({party["party"] for party in each["custodians"]}),
        )
        for each in (*recall["recalled"], *recall["items"])
    )
    named = sorted((each["id"], each["name"]) for each in recall["contacts"])
    asked = [row[0] for row in rows][:2]
    common = reader.post("v1/common", {"items": asked})
    shared = [[each["item"] for each in common["items"]], [each["id"] for each in common["places"]]]
    return [rows, named, recall["issuers"], shared, {gap["reason"] for gap in recall["gaps"]}]


@pytest.mark.slow
def test_both_nodes_say_how_things_stand_as_one_that_has_it_all(
    captured: Captured, running: Running, pair: tuple[Pair, bool]
):
    """What is affected, where it is, with whom, and how to reach them, though the header is at one node."""
    two, _ = pair
    item = captured.lot(QUESTIONS[1][0])
    whole = standing(captured.reader, item)
    assert len(whole[0]) > 2
    assert whole[1]
    for reader in two.readers:
        assert standing(reader, item) == whole


@pytest.mark.slow
def test_every_record_of_a_trace_is_handed_out_by_both_nodes(captured: Captured, pair: tuple[Pair, bool]):
    """By the fingerprint in the answer, wherever it is kept: the same record, byte for byte the same final
    receipt and evidence, and verified; what nobody has is not found.
    """
    two, _ = pair
    ending, direction = QUESTIONS[0]
    trace = two.readers[0].post("v1/trace", {"item": captured.lot(ending), "direction": direction})
    records = []
    for name in (event["fingerprint"] for event in trace["events"]):
        first, second = (reader.get(f"v1/records/{name}")["record"] for reader in two.readers)
        for each in (first, second):
            # What a node says by what it knows: who keeps copies, and what it found doubtful.
            each.pop("copies", None)
            each.pop("findings", None)
        assert first == second
        records.append(first)
        held, other = (reader.get(f"v1/records/{name}/receipt") for reader in two.readers)
        assert held["receipt"]["cose"] == other["receipt"]["cose"]
        assert held["evidence"] == other["evidence"] != ""
        reports = [reader.post("v1/records:verify", {"fingerprint": name}) for reader in two.readers]
        assert [report["verdict"] for report in reports] == ["VERIFIED", "VERIFIED"]
    assert {record["state"] for record in records} == {"FINAL"}
    assert {record["log"] for record in records} == {
        two.addresses["log"],
        two.readers[0].get("v1/status")["log"],
    }
    with pytest.raises(Rejected) as caught:
        two.readers[0].get(f"v1/records/{'00' * 32}")
    assert caught.value.code == "NOT_FOUND"


@pytest.mark.slow
def test_a_copy_that_is_damaged_on_disk_is_made_good_by_the_other_node(
    captured: Captured, pair: tuple[Pair, bool]
):
    """The record is answered and verified as before, and the fault is in the status; where there is no other
    copy, it is said to be damaged.
    """
    two, copied = pair
    reader, other = two.readers[1], two.readers[0]
    trace = other.post("v1/trace", {"item": captured.lot(QUESTIONS[0][0]), "direction": "UPSTREAM"})
    name = next(e["fingerprint"] for e in trace["events"] if e["log"] == two.addresses["log"])
    before = reader.get(f"v1/records/{name}/receipt")
    with closing(sqlite3.connect(two.second / "data" / "log.sqlite", timeout=30)) as log, log:
        found = "SELECT record FROM entries WHERE fingerprint = ?"
        damage = f"UPDATE records SET raw = zeroblob(length(raw)) WHERE id = ({found})"
        assert log.execute(damage, (bytes.fromhex(name),)).rowcount == 1
    if copied:
        assert reader.get(f"v1/records/{name}")["record"]["state"] == "FINAL"
        assert reader.get(f"v1/records/{name}/receipt")["evidence"] == before["evidence"]
    else:
        with pytest.raises(Rejected) as caught:
            reader.get(f"v1/records/{name}")
        assert caught.value.code == "PROOF_INVALID"
    report = reader.post("v1/records:verify", {"fingerprint": name})
    assert report["verdict"] == ("VERIFIED" if copied else "FALSE")
    assert any(name in fault for fault in reader.get("v1/status")["faults"])


@pytest.mark.slow
def test_copies_are_counted_and_told(pair: tuple[Pair, bool]):
    """In the status, in states and in receipts: two where another operator keeps the log, else one, and the
    status says that nothing is replicated.
    """
    two, copied = pair
    kept = 2 if copied else 1
    for reader in two.readers:
        until(lambda reader=reader: reader.get("v1/status")["copies"]["kept"] == kept)
        status = reader.get("v1/status")
        assert status["quorum"] == kept - 1
        (peers,) = (backend for backend in status["backends"] if backend["port"] == "peers")
        assert peers["up"]
        assert peers["detail"].startswith(f"{kept - 1} of {kept - 1} holders")
        assert [len(segment["holders"]) for segment in status["segments"]] == [kept - 1]
        assert int(status["replicated"]) == (int(status["sealed"]) if copied else 0)
    path = two.senders[0].capture(document(said(SENDER.piece(7, "COPIED").link)), all_or_nothing=True)
    settled(two.senders[0], path, "FINAL")
    fingerprint = two.senders[0].job(path)["events"][0]["fingerprint"]
    receipt = two.readers[0].get(f"v1/records/{fingerprint}/receipt")["receipt"]
    assert receipt["copies"]["kept"] == kept
    assert receipt["anchor"]["acknowledgements"] == kept - 1


@pytest.mark.slow
def test_a_party_moves_from_one_node_to_the_other(pair: tuple[Pair, bool], tmp_path: Path):
    """With its key, which both have enrolled; afterwards it signs at the new one only."""
    two, _ = pair
    key = tmp_path / "party.key"
    public = run("key", "new", str(key)).strip()
    for home in (two.world.home, two.second):
        run("party", "enrol", "--dir", str(home), "--party", MOVER, "--key", public)
    grpc = [two.world.grpc, two.addresses["grpc"]]
    ends = ("--from", grpc[0], "--to", grpc[1])
    made = json.loads(run("party", "move", "--party", MOVER, "--key", str(key), *ends, "--json"))
    assert made["log"] == two.addresses["log"]
    signed = ("--party", MOVER, "--key", str(key))
    event = tmp_path / "event.json"
    event.write_bytes(first_event())
    run("upload", str(event), *signed, "--node", grpc[1])
    with pytest.raises(Broken, match="KEY_REVOKED"):
        run("upload", str(event), *signed, "--node", grpc[0])


@pytest.mark.slow
def test_a_node_that_is_killed_is_a_gap_by_name(captured: Captured, pair: tuple[Pair, bool]):
    """The other goes on with what it holds, and says who is missing; with a copy of all, nothing is missing
    but the word of the one that is down.
    """
    two, copied = pair
    whole = told(captured.reader, captured.lot(QUESTIONS[0][0]), "UPSTREAM")
    two.other.kill()
    answer = told(two.readers[0], captured.lot(QUESTIONS[0][0]), "UPSTREAM")
    assert copied or "HOLDER_DOWN" in answer["gaps"]
    assert (answer["items"] == whole["items"]) is copied
