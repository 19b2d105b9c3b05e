"""Three nodes of a lab that audit each other: whoever kept everything passes, a damaged disk does not."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest

from tests.e2e.conftest import SENDER
from tests.e2e.labs import Network, network, until
from tests.e2e.signing import document, event
from tracehold.cli.demo.programs import run
from tracehold.core.audit import Outcome
from tracehold.core.errors import Rejected
from tracehold.lab.tamper import flip
from tracehold_client.audits import verify_audit_with_rpc

pytestmark = pytest.mark.slow

EPOCH_S = 16
"""Seconds of an epoch: a custody record has a quarter of it to become final."""


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A network of three, up, with records of all at all; nothing is scrubbed unless an audit says so."""
    folder = tmp_path_factory.mktemp("audits") / "lab"
    with network(folder, 3, audits_s=EPOCH_S, replication={"scrub_bytes_per_s": 0}) as over:
        yield over


def audits(three: Network, name: str) -> list[tuple[int, int, str]]:
    """Epoch, holder's number and outcome of each audit of a node, by number."""
    path = three.lab.home(name) / "data" / "audits.sqlite"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
        return list(file.execute("SELECT epoch, node, outcome FROM transcript ORDER BY number"))


def test_all_audit_each_other_and_a_damaged_disk_fails(three: Network):
    """All six pairs pass; a byte is changed, and whoever asks for the record has the proof that it was lost;
    the holder hears of it by that question, mends it, and passes again.
    """
    creator, holder, _ = three.names
    job = three.capture(creator, document(event(SENDER.piece(4, "A1").link)))
    (record,) = [part["fingerprint"] for part in three.finished(creator, job)["events"]]
    until(lambda: all(passed_by(three, name) >= others(three, name) for name in three.names))
    flip(three.lab.home(holder) / "data", record)
    number = three.number(holder)
    finder = partial(failed_by, three, number)
    until(lambda: bool(finder()))  # whoever asks first: by then it is being mended
    (auditor, *_) = finder()
    until(lambda: outcomes(three, auditor, number)[-1] == "pass")
    assert any(f"node {number} failed the audit" in fault for fault in three.status(auditor)["faults"])
    assert int(three.status(holder)["scrub"]["mended"]) == 1
    check_proof(three, auditor, number)


def check_proof(three: Network, auditor: str, holder: int) -> None:
    """The transcript of the failed audit holds by the chain alone; not in another network's epochs, nor where
    a byte is another.
    """
    reader, plan = three.reader(auditor), three.lab.plan
    (failed,) = reader.get("v1/audits?outcome=FAIL")["audits"]
    assert failed["node"] == holder
    file, token = three.lab.dir / "failed.audit", three.lab.dir / "read.token"
    token.write_text(plan.seat(auditor).read_token)
    node = ("--rest", plan.seat(auditor).rest, "--token-file", str(token))
    run("audit", "save", failed["number"], "-o", str(file), *node)
    chain = ("--rpc", plan.rpc, "--contract", plan.contract, "--json")
    found = json.loads(run("audit", "verify", str(file), *chain, "--epoch-s", str(EPOCH_S)))
    assert (found["outcome"], found["places"], bool(found["failed"])) == ("fail", 46, True)
    run("audit", "verify", str(file), *chain, also=1)
    raw = file.read_bytes()
    assert verify_audit_with_rpc(raw, plan.rpc, plan.contract, epoch_s=EPOCH_S).outcome is Outcome.FAIL
    for place in (len(raw) // 2, len(raw) - 1):
        other = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        with pytest.raises(Rejected) as caught:
            verify_audit_with_rpc(other, plan.rpc, plan.contract, epoch_s=EPOCH_S)
        assert caught.value.code in {"BAD_SIGNATURE", "MALFORMED_PROOF"}


def others(three: Network, name: str) -> set[int]:
    """The numbers of all but this node."""
    return {three.number(each) for each in three.names} - {three.number(name)}


def passed_by(three: Network, name: str) -> set[int]:
    """The holders whose audit by a node ended well, at least once."""
    return {node for _, node, outcome in audits(three, name) if outcome == "pass"}


def outcomes(three: Network, name: str, holder: int) -> list[str]:
    """Of a node's audits of one holder."""
    return [outcome for _, node, outcome in audits(three, name) if node == holder]


def failed_by(three: Network, holder: int) -> list[str]:
    """The nodes that have the proof that a holder failed."""
    return [name for name in three.names if "fail" in outcomes(three, name, holder)]
