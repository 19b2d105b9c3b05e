"""Evidence of a network of three with quorum 1, verified with nothing running: by the accounts of those that
acknowledged its anchor, and by nothing else.
"""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.client import verifying
from tests.e2e.conftest import first_event
from tests.e2e.labs import Network, network
from tests.e2e.signing import document
from tracehold.cli.demo.programs import run
from tracehold.core.evidence import decode_evidence
from tracehold.core.receipt import parse_receipt
from tracehold.core.trie import keccak256
from tracehold.lab import home
from tracehold.lab.founding import Founder
from tracehold_client import Client
from tracehold_client.chain import ask_contract
from tracehold_client.jsonrpc import JsonRpc

pytestmark = pytest.mark.slow

FALSE, MALFORMED, UNTRUSTED = 1, 2, 4
"""Exit codes of `tracehold verify`."""
STRANGER = "0x" + "11" * 20


@dataclass(frozen=True)
class Kept:
    """What is left of the network: a file of evidence and a trust file, and what the folders of the nodes say
    of them. `accounts` are the ledger accounts by party, the creator's first.
    """

    evidence: Path
    trust: dict[str, Any]
    accounts: dict[str, str]
    other_salt: str

    @property
    def holders(self) -> dict[str, Any]:
        """The pinned operators."""
        return dict(self.trust["accounts"]["operators"])

    def pins(self, folder: Path, **accounts: Any) -> tuple[str, str]:
        """The options of the trust file, in which these parts of the accounts are others."""
        file = folder / "trust.json"
        file.write_text(json.dumps(self.trust | {"accounts": self.trust["accounts"] | accounts}))
        return "--trust", str(file)

    def verify(self, folder: Path, **accounts: Any) -> Result:
        """`tracehold verify` with it, in this process: a start costs seconds."""
        return verifying.run(folder, self.evidence.read_bytes(), *self.pins(folder, **accounts))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """From a record of the first node; the whole network is down by now."""
    folder = tmp_path_factory.mktemp("evidence")
    evidence, pins = folder / "evidence", folder / "pins"
    with network(folder / "lab", 3) as over:
        assert over.lab.plan.quorum == 1
        evidence.write_bytes(fetched(over))
        told = ("--rpc", over.lab.plan.rpc, "--contract", over.lab.plan.contract)
        run("verify", str(evidence), *told, "--pin", str(pins), "--pin-by", "accounts")
        accounts = {
            seat.operator: home.account(over.lab.home(seat.name) / "keys" / "ledger.key").lower()
            for seat in over.lab.plan.seats
        }
        salt = salt_of_another_contract(over)
    return Kept(evidence, json.loads(pins.read_text()), accounts, salt)


def fetched(over: Network) -> bytes:
    """Evidence of an event that is FINAL, as the first node gives it out."""
    name = over.names[0]
    job = over.finished(name, over.capture(name, document(first_event())))
    seat = over.lab.plan.seat(name)
    with Client(seat.grpc, token=seat.read_token) as reader:
        return reader.evidence(job["events"][0]["fingerprint"])


def salt_of_another_contract(over: Network) -> str:
    """That is deployed on the same chain by the same admin."""
    rpc = over.lab.plan.rpc
    other = asyncio.run(Founder(rpc, over.lab.admin_key, over.lab.chain.poll_s).deploy())
    salt = ask_contract(JsonRpc(rpc), bytes.fromhex(other.removeprefix("0x")), keccak256(b"salt()")[:4], 1)
    return "0x" + salt.hex()


def test_acknowledgements_alone_are_enough(kept: Kept, tmp_path: Path):
    """Exit 0 by a file that pins accounts and a threshold, and neither a block nor a signer. The accounts are
    those of the ledger keys of other operators' nodes, as the folders of the nodes have them.
    """
    assert kept.trust.keys() == {"network", "chainId", "contract", "nodes", "accounts"}
    assert kept.trust["accounts"]["threshold"] == len(kept.holders) >= 1
    _, *others = kept.accounts
    for party, nodes in kept.holders.items():
        assert party in others
        assert list(nodes.values()) == [[kept.accounts[party]]]
    answer = json.loads(run("verify", str(kept.evidence), *kept.pins(tmp_path), "--json"))
    assert [ground["by"] for ground in answer["trust"]] == ["accounts"]


def test_attack_threshold_that_was_not_reached(kept: Kept, tmp_path: Path):
    """One more than acknowledged, with an operator more that could have: exit 4, also where that is the
    creator's own, who never counts. More than there are operators: exit 2.
    """
    creator, *_ = kept.accounts
    more = len(kept.holders) + 1
    for party, nodes in (
        ("urn:example:stranger", {"9": [STRANGER]}),
        (creator, {"1": [kept.accounts[creator]]}),
    ):
        done = kept.verify(tmp_path, threshold=more, operators=kept.holders | {party: nodes})
        assert done.exit_code == UNTRUSTED, done.stdout
    assert kept.verify(tmp_path, threshold=more).exit_code == MALFORMED


def test_attack_account_that_is_not_the_holders(kept: Kept, tmp_path: Path):
    """A stranger's, and the creator's own, in the place of each holder's: exit 4."""
    creator, *_ = kept.accounts
    for account in (STRANGER, kept.accounts[creator]):
        for party, nodes in kept.holders.items():
            done = kept.verify(
                tmp_path, operators=kept.holders | {party: {number: [account] for number in nodes}}
            )
            assert done.exit_code == UNTRUSTED, done.stdout


def test_attack_salt_of_another_contract(kept: Kept, tmp_path: Path):
    """What was signed for one deployment is worth nothing under another: exit 4."""
    assert kept.other_salt != kept.trust["accounts"]["salt"]
    done = kept.verify(tmp_path, salt=kept.other_salt)
    assert done.exit_code == UNTRUSTED, done.stdout


def test_attack_acknowledgement_that_was_changed(kept: Kept, tmp_path: Path):
    """One bit of a signature in the file: it does not verify, whatever is pinned."""
    raw = kept.evidence.read_bytes()
    anchor = parse_receipt(decode_evidence(raw).receipt).anchor
    assert anchor is not None
    assert anchor.proof is not None
    (_, signature), *_ = anchor.proof.acks
    assert raw.count(signature) == 1
    changed = raw.replace(signature, bytes([signature[0] ^ 1]) + signature[1:])
    assert verifying.run(tmp_path, changed, *kept.pins(tmp_path)).exit_code in {FALSE, UNTRUSTED}
