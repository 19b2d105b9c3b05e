"""What makes a private chain, and what is read back from it: no geth is needed for that."""

import json
import re
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.documented import blocks
from tests.logs import NETWORK
from tests.ports.chain_nodes import enode
from tests.tooling.tree import ROOT
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId, NetworkId
from tracehold.core.keys import Ed25519Key
from tracehold.core.noderecord import NodeRecord, sign_node_record
from tracehold.journey.ports import Member, Role
from tracehold.lab.services.clique import Network
from tracehold.lab.services.founding import account_of, found, join
from tracehold.lab.services.genesis import (
    MOST_CHAIN_ID,
    MOST_SEALERS,
    chain_id_of,
    genesis,
    period_of,
    sealers_of,
    text_of,
)
from tracehold.lab.services.member import GENESIS, SETTINGS, read
from tracehold.lab.services.newcomer import enodes_of, given
from tracehold.lab.services.standing import majority
from tracehold.lab.services.treasury import address_from, wei_of

SEALERS = [bytes([number]) * 20 for number in (3, 1, 2)]
TREASURY = b"\x09" * 20
METHOD = "((?:eth|net|web3|txpool|clique|debug)_[a-zA-Z]+)"
CHECKSUMMED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
"""An example of EIP-55."""


def test_a_genesis_says_what_it_was_made_of():
    """Chain id, period and sealers are read back from its text."""
    document = json.loads(text_of(genesis(7448, 5, SEALERS, TREASURY)))
    assert (chain_id_of(document), period_of(document)) == (7448, 5)
    assert sealers_of(document) == tuple(sorted(SEALERS))


def test_sealers_in_another_order_are_the_same_chain():
    """Each order would be another block 0, and so another chain."""
    assert genesis(1, 1, SEALERS, TREASURY) == genesis(1, 1, SEALERS[::-1], TREASURY)


def test_a_genesis_has_no_fork_that_clique_cannot_seal():
    """London is the last one, and nothing leads to proof of stake."""
    config = genesis(1, 1, SEALERS, TREASURY)["config"]
    assert "londonBlock" in config
    assert not [key for key in config if "shanghai" in key or "merge" in key or "terminal" in key]


def test_all_funds_are_the_treasurys():
    """A sealer has none: its key orders blocks, and pays for nothing."""
    assert list(genesis(1, 1, SEALERS, TREASURY)["alloc"]) == [TREASURY.hex()]


@pytest.mark.parametrize(
    ("chain_id", "period", "sealers", "path"),
    [
        (0, 1, SEALERS, "chain_id"),
        (MOST_CHAIN_ID + 1, 1, SEALERS, "chain_id"),
        (1, 0, SEALERS, "period"),
        (1, 3601, SEALERS, "period"),
        (1, 1, [], "validators"),
        (1, 1, [number.to_bytes(20) for number in range(MOST_SEALERS + 1)], "validators"),
        (1, 1, [SEALERS[0], SEALERS[0]], "validators"),
        (1, 1, [b"short"], "validators"),
    ],
)
def test_what_cannot_be_a_chain_is_refused(chain_id: int, period: int, sealers: list[bytes], path: str):
    """The refusal names the option."""
    with pytest.raises(Rejected) as refused:
        genesis(chain_id, period, sealers, TREASURY)
    assert (refused.value.code, refused.value.path) == ("BAD_REQUEST", path)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"extraData": 7},
        {"extraData": "0xzz"},
        {"extraData": "0x" + "00" * 97},
        {"extraData": "0x" + "00" * (97 + 19)},
    ],
)
def test_what_names_no_sealers_is_no_genesis(document: dict[str, object]):
    """A genesis of proof of stake, of another consensus, or cut short."""
    with pytest.raises(Rejected, match="no genesis of a Clique chain"):
        sealers_of(document)


@pytest.mark.parametrize("period", [None, 0, True, "5", 1.5])
def test_a_genesis_whose_period_is_no_number_is_refused(period: object):
    """Before a process is started on it."""
    with pytest.raises(Rejected, match=r"config\.clique\.period"):
        period_of({"config": {"clique": {"period": period}}})


def test_a_folder_holds_a_sealer_for_each_validator(tmp_path: Path):
    """Each is whole: settings, and the same first block, which names their accounts."""
    found(tmp_path / "chain", 3, 7449, 2)
    network = Network.opened(tmp_path / "chain")
    assert [node.name for node in network.nodes] == ["sealer-1", "sealer-2", "sealer-3"]
    assert network.sealers() == set(network.accounts)
    assert {node.member.chain_id for node in network.nodes} == {7449}
    texts = {(node.folder / GENESIS).read_text() for node in network.nodes}
    assert texts == {(tmp_path / "chain" / GENESIS).read_text()}


def test_keys_are_for_their_owner_alone(tmp_path: Path):
    """Nobody else on the machine reads the treasury's key, or one that seals."""
    found(tmp_path / "chain", 1, 7449, 1)
    secrets = ["treasury.key", "sealer-1/password", "sealer-1/keystore/sealer.json"]
    modes = [stat.S_IMODE((tmp_path / "chain" / name).stat().st_mode) for name in secrets]
    assert modes == [0o600] * 3


def test_ports_that_are_asked_for_are_taken_in_order(tmp_path: Path):
    """Three for each node, so that a firewall can be set before."""
    found(tmp_path / "chain", 2, 7449, 1, first_port=40000)
    members = [node.member for node in Network.opened(tmp_path / "chain").nodes]
    assert [(each.listen, each.http_port) for each in members] == [
        ("127.0.0.1:40000", 40001),
        ("127.0.0.1:40003", 40004),
    ]


def test_a_newcomer_has_a_key_of_its_own(tmp_path: Path):
    """The network's first block, and an account that is no sealer in it."""
    found(tmp_path / "chain", 2, 7449, 1)
    join(tmp_path / "new", tmp_path / "chain" / GENESIS, "new")
    network = Network.opened(tmp_path / "new")
    assert len(network.nodes) == 1
    assert not network.sealers() & set(network.accounts)
    assert network.sealers() == Network.opened(tmp_path / "chain").sealers()


@pytest.mark.parametrize("text", ["", "[]", "{}", "no JSON", '{"extraData": "0x00"}'])
def test_nobody_joins_a_file_that_is_no_genesis(tmp_path: Path, text: str):
    """Refused as the caller's mistake, and no folder is left."""
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(Rejected) as refused:
        join(tmp_path / "new", tmp_path / "other.json", "new")
    assert (refused.value.code, refused.value.path) == ("BAD_REQUEST", "genesis")
    assert not (tmp_path / "new").exists()


def test_a_chain_is_made_once(tmp_path: Path):
    """A second time would throw its keys away."""
    found(tmp_path / "chain", 1, 7449, 1)
    before = (tmp_path / "chain" / GENESIS).read_bytes()
    with pytest.raises(Rejected) as refused:
        found(tmp_path / "chain", 1, 7449, 1)
    assert refused.value.code == "CONFLICT"
    assert (tmp_path / "chain" / GENESIS).read_bytes() == before


def test_a_chain_that_cannot_be_made_leaves_nothing(tmp_path: Path):
    """No half a folder, also not under another name."""
    with pytest.raises(Rejected):
        found(tmp_path / "chain", 0, 7449, 1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("SEALS=yes", "SEALS=perhaps"),
        ("ACCOUNT=0x", "ACCOUNT=1x"),
        ("CHAIN_ID=", "#"),
        ("HTTP_PORT=", "HTTP_PORT=-"),
    ],
)
def test_settings_that_are_amiss_are_said(tmp_path: Path, line: str, changed: str):
    """BAD_CONFIG with the file, before a process is started with them."""
    found(tmp_path / "chain", 1, 7449, 1)
    settings = tmp_path / "chain" / "sealer-1" / SETTINGS
    text = settings.read_text()
    assert text.count(line) == 1
    settings.write_text(text.replace(line, changed))
    with pytest.raises(Rejected) as refused:
        read(settings.parent)
    assert (refused.value.code, refused.value.path) == ("BAD_CONFIG", str(settings))


def test_an_account_follows_from_its_secret():
    """The address of the secret 1, as every client computes it."""
    assert account_of((1).to_bytes(32)).hex() == "7e5f4552091a69125d5dfcb7b8c2659029395bdf"


@pytest.mark.parametrize("text", [CHECKSUMMED, CHECKSUMMED.lower(), "0x" + CHECKSUMMED[2:].upper()])
def test_an_address_is_taken_in_each_spelling(text: str):
    """With a checksum, and without one."""
    assert address_from(text).hex() == CHECKSUMMED[2:].lower()


@pytest.mark.parametrize(
    "text", ["", "0x", CHECKSUMMED[2:], CHECKSUMMED[:-1], CHECKSUMMED.replace("a", "A", 1)]
)
def test_a_mistyped_address_is_refused(text: str):
    """Funds that are sent there would be gone; a sealer that nobody is would stop the chain."""
    with pytest.raises(Rejected) as refused:
        address_from(text)
    assert (refused.value.code, refused.value.path) == ("BAD_REQUEST", "address")


@pytest.mark.parametrize(("ether", "wei"), [("1", 10**18), ("0.5", 5 * 10**17), ("0.000000000000000001", 1)])
def test_ether_is_counted_in_wei_exactly(ether: str, wei: int):
    """No binary fraction comes between."""
    assert wei_of(ether) == wei


@pytest.mark.parametrize("ether", ["0", "-1", "nan", "inf", "ten", "", "0.0000000000000000001"])
def test_what_is_no_amount_is_refused(ether: str):
    """Nothing, less than nothing, no number, and less than a wei."""
    with pytest.raises(Rejected):
        wei_of(ether)


def test_an_enode_that_is_none_is_refused_before_anything_is_started():
    """What a member sent by mail is read first."""
    with pytest.raises(Rejected, match="enode"):
        given(["enode://nobody@127.0.0.1:30303"])


def member(number: int, named: str, network: NetworkId = NETWORK, **changes: Any) -> Member:
    """A member whose signed record names this enode."""
    key, log = Ed25519Key.from_seed(bytes([number]) * 32), LogId(bytes([number]) * 32)
    said = NodeRecord(key.public, "urn:op", log, "", "", "", b"", b"\1" * 20, named, 1_700_000_000)
    raw = sign_node_record(said, network, bytes(16), key)
    roles = frozenset({Role.HOLDER})
    whole = Member(number, number, "urn:op", b"\1" * 20, key.public.raw, log, roles, True, raw)
    return replace(whole, **changes)


def test_a_newcomer_calls_the_nodes_that_active_members_name():
    """Each once, in order of enrolment; whoever named none, or is a member no more, is not called."""
    members = [
        member(1, str(enode(1))),
        member(2, ""),
        member(3, str(enode(3)), active=False),
        member(4, str(enode(4))),
        member(5, str(enode(1, "10.0.0.9"))),
    ]
    assert enodes_of(members, NETWORK) == (enode(1), enode(4))


@pytest.mark.parametrize(
    "bad",
    [
        member(1, "enode://nobody@127.0.0.1:1"),
        member(1, str(enode(1)), NetworkId(b"\x07" * 32)),
        member(1, str(enode(1)), log=LogId(b"\x08" * 32)),
        member(1, str(enode(1)), node_key=b"\x08" * 32),
        member(1, str(enode(1)), record=b"noise"),
    ],
)
def test_a_record_that_is_not_the_members_own_is_passed_over(bad: Member):
    """No enode, another network, another's log or key, noise: the others are called all the same."""
    assert enodes_of([bad, member(2, str(enode(2)))], NETWORK) == (enode(2),)


@pytest.mark.parametrize(("sealers", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_more_than_half_must_seal(sealers: int, needed: int):
    """The rule of EIP-225, as docs/operations.md tells it."""
    assert majority(sealers) == needed


def test_the_document_has_the_commands_that_the_real_tests_run():
    """A block that is renamed there is missed here at once, and not an hour later."""
    names = {name for name in blocks("operations.md") if name.startswith("chain-")}
    wanted = {"form", "admin", "fund", "deploy", "join", "request", "enrol", "vote", "drop", "lose", "stop"}
    assert names == {f"chain-{name}" for name in wanted}


def test_attack_the_methods_that_a_filter_lets_through():
    """The document's list is what our programs ask for, and none of it acts with the node's own account."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    paragraph = text.partition("lets through these methods")[2].partition("`clique` is")[0]
    listed = set(re.findall(METHOD, paragraph))
    sources = [ROOT / "node/tracehold/lab/services/standing.py"]
    for folder in ("node/tracehold/adapters/ethereum", "clients/python/tracehold_client"):
        sources += (ROOT / folder).rglob("*.py")
    asked = {name for path in sources for name in re.findall(f'"{METHOD}"', path.read_text(encoding="utf-8"))}
    assert listed == asked - {"eth_account"}
    assert not {name for name in listed if re.search("sign$|sendTransaction|propose|discard", name)}
