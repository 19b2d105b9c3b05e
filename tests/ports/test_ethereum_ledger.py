"""What only the ethereum adapter holds to: acknowledgements, words of other chains, wrong or pruned nodes."""

import threading
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from coincurve import PrivateKey

from tests.devchain.node import ALICE, BOB, account
from tests.ports.ledgers import BOTH, NETWORK, PARTY, OnDevchain, acknowledge, log_of
from tracehold.adapters.ethereum import abi, acks
from tracehold.adapters.ethereum.admin import Admin, NewNode, address
from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.ethereum.ledger import EthereumLedger, Settings
from tracehold.adapters.ethereum.sender import fees_of
from tracehold.core.errors import Broken, Rejected, TraceholdError, Unavailable
from tracehold.core.ids import Root
from tracehold.devchain.chain import Settings as ChainSettings
from tracehold.devchain.program import Service, running
from tracehold.journey.ports import Role

ROOT, NEXT = Root(b"\x01" * 32), Root(b"\x02" * 32)
HOLDERS = [account(f"holder {number}") for number in range(2, 5)]


@pytest.fixture
async def chain(tmp_path: Path) -> AsyncIterator[OnDevchain]:
    """The contract with one node on a chain in hand."""
    made = await OnDevchain(tmp_path).start()
    yield made
    made.close()


async def anchor(chain: OnDevchain, prev_size: int, size: int, root: Root = ROOT) -> None:
    """Anchor, and mine."""
    await chain.ledger.send(await chain.ledger.prepare_anchor(prev_size, size, root, []))
    chain.mine()
    assert (await chain.ledger.head(1)).size == size


# -- acknowledgements


async def test_acknowledged_anchor(chain: OnDevchain):
    """Three holders sign, in any order; the adapter hands them over by operator."""
    for number, holder in enumerate(HOLDERS, start=2):
        assert await chain.enrol(f"urn:example:{number}", bytes(holder.key)) == number
    network = await chain.ledger.network()
    assert (network.quorum, network.operators) == (1, 4)
    domain = acks.Domain(network.chain_id, network.contract, network.salt)
    with pytest.raises(Rejected, match=r"QuorumNotMet\(quorum=1\)"):
        await chain.ledger.prepare_anchor(0, 3, ROOT, [])
    signers = [(number, number, bytes(holder.key)) for number, holder in enumerate(HOLDERS, start=2)]
    given = acknowledge(domain, acks.Ack(1, log_of(1), 0, bytes(32), 3, ROOT), signers)
    transaction = await chain.ledger.prepare_anchor(0, 3, ROOT, given[::-1])
    await chain.ledger.send(transaction)
    chain.mine()
    mined = await chain.ledger.find(transaction)
    assert mined is not None
    assert mined.succeeded
    with pytest.raises(Rejected, match=r"BadAck\(node=2\)"):
        await chain.ledger.prepare_anchor(3, 4, ROOT, given)


async def test_refusals_name_the_contract_error(chain: OnDevchain):
    """What a dry run meets is told by the contract's own name for it."""
    await anchor(chain, 0, 3)
    refusals: list[tuple[tuple, str]] = [
        ((2, 5, ROOT, []), "StaleHead(current=3)"),
        ((3, 3, ROOT, []), "SizeNotGrowing()"),
        ((3, 65_537, ROOT, []), "CrossesSegment()"),
        ((3, 4, Root(bytes(32)), []), "ZeroRoot()"),
    ]
    for arguments, said in refusals:
        with pytest.raises(Rejected) as refused:
            await chain.ledger.prepare_anchor(*arguments)
        assert (refused.value.code, refused.value.message) == ("LEDGER_REFUSED", f"the contract says {said}")


async def test_suspended_creator_is_told(chain: OnDevchain):
    """Without the role the account is no active creator."""
    await chain.admin.set_roles(chain.contract, 1, {Role.HOLDER})
    with pytest.raises(Rejected) as refused:
        await chain.ledger.prepare_anchor(0, 3, ROOT, [])
    assert refused.value.code == "NOT_A_MEMBER"


async def test_ledger_without_account_reads_only(chain: OnDevchain):
    """Whoever only verifies gives no key."""
    await anchor(chain, 0, 3)
    reader = chain.open(secret=None)
    assert (await reader.head(1)).size == 3
    assert await reader.find_anchor(1, 3) is not None
    assert await reader.myself() is None
    with pytest.raises(Rejected) as refused:
        await reader.prepare_anchor(3, 4, ROOT, [])
    assert refused.value.code == "NOT_A_MEMBER"


async def test_transaction_that_reverts_in_its_block(chain: OnDevchain):
    """Prepared while it would pass, mined after another one: found, not succeeded, without an anchor."""
    late = await chain.ledger.prepare_anchor(0, 3, ROOT, [])
    second = await chain.enrol("urn:example:b", bytes(HOLDERS[0].key))
    assert second == 2
    await chain.ledger.send(late)
    chain.mine()
    mined = await chain.ledger.find(late)
    assert mined is not None
    assert (mined.succeeded, mined.anchor) == (False, None)
    assert not await chain.ledger.spent(late)


# -- members


async def test_members_change(chain: OnDevchain):
    """Roles, a node that was revoked, and an operator that was revoked with its nodes."""
    for number, holder in enumerate(HOLDERS, start=2):
        await chain.enrol(f"urn:example:{number}", bytes(holder.key))
    await chain.admin.set_roles(chain.contract, 2, {Role.HOLDER})
    await chain.admin.revoke_node(chain.contract, 3)
    await chain.admin.revoke_operator(chain.contract, 4)
    one, two, three, four = await chain.ledger.members()
    assert (one.roles, one.active) == (BOTH, True)
    assert (two.roles, two.active, two.operator) == (frozenset({Role.HOLDER}), True, "urn:example:2")
    assert (three.roles, three.active) == (frozenset(), False)
    assert (four.roles, four.active, four.operator) == (frozenset(), False, "urn:example:4")
    chain.mine(5)
    assert await chain.ledger.members() == [one, two, three, four]


async def test_member_of_an_undone_block_is_forgotten(chain: OnDevchain):
    """Enrolments that are not final are read anew: a reorganisation takes them back."""
    chain.mine(3)
    assert len(await chain.ledger.members()) == 1
    chain.mark()
    await chain.enrol("urn:example:b", bytes(HOLDERS[0].key))
    assert len(await chain.ledger.members()) == 2
    chain.reorganise()
    assert len(await chain.ledger.members()) == 1


async def test_attack_party_that_is_no_text(chain: OnDevchain):
    """The contract takes any bytes as a party; they do not make the other members unreadable."""
    call = bytearray(abi.encode_call("enrolOperator", "urn:example:xyz"))
    call[-32:-30] = b"\xff\xfe"
    await chain.admin._transact(await chain.admin._sender(), chain.contract, bytes(call))
    address = acks.address_of(PrivateKey(bytes(HOLDERS[0].key)).public_key)
    node = NewNode(2, address, b"\x66" * 32, log_of(2), BOTH, b"record")
    await chain.admin.enrol_node(chain.contract, node)
    one, two = await chain.ledger.members()
    assert one.operator == PARTY
    assert two.operator == "\ufffd\ufffdn:example:xyz"


async def test_final_events_are_read_once(chain: OnDevchain):
    """The next look asks only for blocks after the final one."""
    chain.mine(5)
    await chain.ledger.members()
    chain.wire.asked.clear()
    await chain.ledger.members()
    final = await chain.ledger.height() - 2
    asked = [params[0] for method, params in chain.wire.asked if method == "eth_getLogs"]
    assert asked
    assert all(int(wanted["fromBlock"], 16) > final for wanted in asked)


async def test_pruned_chain_node_is_told_apart(chain: OnDevchain):
    """Fewer enrolments in the logs than the contract counts: members are unknown, not fewer."""
    chain.wire.answers["eth_getLogs"] = {"result": []}
    with pytest.raises(Unavailable, match="lacks logs"):
        await chain.ledger.members()


async def test_log_queries_adapt_to_limits(chain: OnDevchain):
    """A chain's node that serves four blocks a query gets smaller ones until it answers."""
    for size in range(1, 12):
        await anchor(chain, size - 1, size)

    def limited(wanted: dict[str, Any]) -> dict[str, Any] | None:
        wide = int(wanted["toBlock"], 16) - int(wanted["fromBlock"], 16) >= 4
        return {"error": {"code": -32005, "message": "too many blocks"}} if wide else None

    chain.wire.answers["eth_getLogs"] = limited
    for size in range(1, 12):
        found = await chain.ledger.find_anchor(1, size)
        assert found is not None, size
        assert found.size == size
    chain.wire.answers.clear()
    await chain.enrol("urn:example:b", bytes(HOLDERS[0].key))
    chain.wire.answers["eth_getLogs"] = limited
    assert len(await chain.ledger.members()) == 2


# -- sending


@pytest.mark.parametrize(
    "words",
    [
        "already known",
        "Known transaction",
        "AlreadyKnown",
        "transaction already imported",
        "nonce too low",
        "Nonce is too low",
        "OldNonce",
        "replacement transaction underpriced",
    ],
)
async def test_words_that_are_no_error(chain: OnDevchain, words: str):
    """The chain has it, or another of its nonce: find and spent tell which."""
    transaction = await chain.ledger.prepare_anchor(0, 3, ROOT, [])
    chain.wire.answers["eth_sendRawTransaction"] = {"error": {"code": -32000, "message": words}}
    await chain.ledger.send(transaction)


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        ("insufficient funds for gas * price + value", Unavailable, "CHAIN_DOWN"),
        ("Upfront cost exceeds account balance", Unavailable, "CHAIN_DOWN"),
        ("txpool is full", Unavailable, "CHAIN_DOWN"),
        ("exceeds block gas limit", Unavailable, "CHAIN_DOWN"),
        ("invalid chain id for signer", Broken, "WRONG_CHAIN"),
        ("invalid sender", Broken, "WRONG_CHAIN"),
    ],
)
async def test_words_that_are_errors(chain: OnDevchain, words: str, kind: type[TraceholdError], code: str):
    """Each as what the operator can do about it; the chain's own words stay inside."""
    transaction = await chain.ledger.prepare_anchor(0, 3, ROOT, [])
    chain.wire.answers["eth_sendRawTransaction"] = {"error": {"code": -32000, "message": words}}
    with pytest.raises(kind) as told:
        await chain.ledger.send(transaction)
    assert told.value.code == code
    assert words not in told.value.message


async def test_account_without_funds(chain: OnDevchain):
    """On the real devchain: the message names the account to be funded."""
    await chain.enrol("urn:example:poor", bytes(HOLDERS[0].key))
    poor = chain.open(secret=bytes(HOLDERS[0].key))
    given = acknowledge(
        await domain_of(chain),
        acks.Ack(2, log_of(2), 0, bytes(32), 3, ROOT),
        [(1, 1, bytes(BOB.key))],
    )
    transaction = await poor.prepare_anchor(0, 3, ROOT, given)
    with pytest.raises(Unavailable, match=HOLDERS[0].address.lower()):
        await poor.send(transaction)


async def domain_of(chain: OnDevchain) -> acks.Domain:
    """The contract's EIP-712 domain."""
    network = await chain.ledger.network()
    return acks.Domain(network.chain_id, network.contract, network.salt)


async def test_replacement_raises_both_fees(chain: OnDevchain):
    """Pools look at cap and tip; each replacement of a replacement goes on raising."""
    first = await chain.ledger.prepare_anchor(0, 3, ROOT, [])
    second = await chain.ledger.prepare_anchor(0, 3, ROOT, [], replaces=first)
    third = await chain.ledger.prepare_anchor(0, 3, ROOT, [], replaces=second)
    fees = [fees_of(transaction.raw) for transaction in (first, second, third)]
    for cheap, dear in pairwise(fees):
        assert dear.cap * 10 >= cheap.cap * 11
        assert dear.tip is not None
        assert cheap.tip is not None
        assert dear.tip * 10 >= cheap.tip * 11
    assert [fee.cap for fee in fees] == [t.max_fee_per_gas for t in (first, second, third)]


async def test_chain_without_base_fee(chain: OnDevchain):
    """A legacy transaction with a gas price, which the devchain takes too; replaced by a dearer one."""
    block = chain.node.rpc("eth_getBlockByNumber", "latest", False)
    chain.wire.answers["eth_getBlockByNumber"] = {"result": {**block, "baseFeePerGas": None}}
    first = await chain.ledger.prepare_anchor(0, 3, ROOT, [])
    second = await chain.ledger.prepare_anchor(0, 3, ROOT, [], replaces=first)
    assert first.raw[0] >= 0xC0, "a list, so no type byte"
    assert second.max_fee_per_gas * 10 >= first.max_fee_per_gas * 11
    chain.wire.answers.clear()
    await chain.ledger.send(second)
    chain.mine()
    assert await chain.ledger.find(second) is not None


async def test_usual_tip_where_the_chain_tells_none(chain: OnDevchain):
    """eth_maxPriorityFeePerGas is not everywhere."""
    chain.wire.answers["eth_maxPriorityFeePerGas"] = {"error": {"code": -32601, "message": "no such method"}}
    transaction = await chain.ledger.prepare_anchor(0, 3, ROOT, [])
    assert fees_of(transaction.raw).tip == 10**9


async def test_receipt_of_a_replaced_block_is_not_believed(chain: OnDevchain):
    """A receipt whose block is not the canonical one of its height counts for nothing."""
    transaction = await chain.ledger.prepare_anchor(0, 3, ROOT, [])
    await chain.ledger.send(transaction)
    chain.mine()
    receipt = chain.node.rpc("eth_getTransactionReceipt", "0x" + transaction.hash.hex())
    chain.wire.answers["eth_getTransactionReceipt"] = {"result": {**receipt, "blockHash": "0x" + "66" * 32}}
    assert await chain.ledger.find(transaction) is None


async def test_attack_event_of_another_contract(chain: OnDevchain):
    """An event of the same form that another contract emitted is no anchor."""
    transaction = await chain.ledger.prepare_anchor(0, 3, ROOT, [])
    await chain.ledger.send(transaction)
    chain.mine()
    receipt = chain.node.rpc("eth_getTransactionReceipt", "0x" + transaction.hash.hex())
    (log,) = receipt["logs"]
    foreign = {**log, "address": "0x" + "66" * 20}
    chain.wire.answers["eth_getTransactionReceipt"] = {"result": {**receipt, "logs": [foreign]}}
    mined = await chain.ledger.find(transaction)
    assert mined is not None
    assert mined.anchor is None


# -- wrong chains


async def test_attack_another_contract_at_the_address(chain: OnDevchain):
    """No code or foreign code: WRONG_CHAIN, not an empty head."""
    foreign = bytes.fromhex(chain.node.deploy()[2:])
    for other in (b"\x66" * 20, foreign):
        with pytest.raises(Broken) as broken:
            await chain.open(contract=other).head(1)
        assert broken.value.code == "WRONG_CHAIN"


async def test_wrong_chain_id(chain: OnDevchain):
    """The configuration's id decides."""
    assert (await chain.open(chain_id=7447).network()).chain_id == 7447
    with pytest.raises(Broken, match="7447, not 1") as broken:
        await chain.open(chain_id=1).network()
    assert broken.value.code == "WRONG_CHAIN"


async def test_chain_swapped_during_a_silence(chain: OnDevchain):
    """After a silence what is fixed is checked again: a wiped chain is not taken for the old one."""
    await anchor(chain, 0, 3)
    chain.silence()
    with pytest.raises(Unavailable):
        await chain.ledger.head(1)
    chain.wire.silent = False
    assert (await chain.ledger.head(1)).size == 3
    chain.silence()
    with pytest.raises(Unavailable):
        await chain.ledger.head(1)
    chain.wire.silent = False
    chain.wire.answers["eth_chainId"] = {"result": "0x1"}
    with pytest.raises(Broken) as broken:
        await chain.ledger.head(1)
    assert broken.value.code == "WRONG_CHAIN"


async def test_attack_wiped_chain_with_the_same_id_and_address(chain: OnDevchain, tmp_path: Path):
    """Set up again from another genesis, the contract has the same address and another salt: WRONG_CHAIN."""
    await anchor(chain, 0, 3)
    chain.clock.now += 10_000
    again = await OnDevchain(tmp_path / "again", chain.clock).start()
    assert again.contract == chain.contract
    chain.silence()
    with pytest.raises(Unavailable):
        await chain.ledger.head(1)
    chain.wire.silent, chain.wire.node = False, again.node
    with pytest.raises(Broken) as broken:
        await chain.ledger.head(1)
    assert broken.value.code == "WRONG_CHAIN"
    again.close()


async def test_attack_another_block_than_asked_for(chain: OnDevchain):
    """A block of another height or hash answers no question."""
    await anchor(chain, 0, 3)
    chain.mine()
    found = await chain.ledger.find_anchor(1, 3)
    assert found is not None
    other = chain.node.rpc("eth_getBlockByNumber", "latest", False)
    questions = {"eth_getBlockByNumber": chain.ledger.is_canonical, "eth_getBlockByHash": chain.ledger.proof}
    for method, question in questions.items():
        chain.wire.answers = {method: {"result": other}}
        with pytest.raises(Unavailable, match="unreadable"):
            await question(found)


async def test_attack_logs_of_something_else(chain: OnDevchain):
    """Logs with other topics, cut data or no topic are unreadable, not members."""
    (log,) = chain.node.rpc("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"})[-1:]
    lies: list[dict[str, Any]] = [
        {"topics": []},
        {"topics": ["0x" + "66" * 32]},
        {"topics": log["topics"][:1]},
        {"data": "0x00"},
    ]
    for lie in lies:
        chain.wire.answers["eth_getLogs"] = {"result": [{**log, **lie}]}
        with pytest.raises(Unavailable) as down:
            await chain.ledger.members()
        assert down.value.code == "CHAIN_DOWN"


@pytest.mark.parametrize(
    "answer",
    [
        {"result": "zz"},
        {"result": None},
        {"result": 7},
        {"error": {"code": -32603, "message": "internal"}},
        {"error": "text"},
        {},
    ],
)
@pytest.mark.parametrize("method", ["eth_blockNumber", "eth_getBlockByNumber", "eth_getLogs"])
async def test_unreadable_answers_are_unavailable(chain: OnDevchain, method: str, answer: dict[str, Any]):
    """Whatever the chain's node says, only our own errors come out."""
    await anchor(chain, 0, 3)
    found = await chain.ledger.find_anchor(1, 3)
    assert found is not None
    chain.wire.answers[method] = answer
    questions: dict[str, Callable[[], Any]] = {
        "eth_blockNumber": chain.ledger.height,
        "eth_getBlockByNumber": lambda: chain.ledger.prepare_anchor(3, 4, ROOT, []),
        "eth_getLogs": lambda: chain.ledger.find_anchor(1, 3),
    }
    with pytest.raises(Unavailable) as down:
        await questions[method]()
    assert down.value.code == "CHAIN_DOWN"


async def test_attack_secret_in_the_address_is_not_told(chain: OnDevchain):
    """Providers put keys into paths: messages name host and port only."""
    chain.silence()
    with pytest.raises(Unavailable) as down:
        await chain.ledger.height()
    assert "chain.test:8545" in down.value.message
    assert "secret-path" not in str(down.value)


# -- admin, HTTP


async def test_admin_is_refused_in_words(chain: OnDevchain):
    """The contract's errors reach whoever runs the command."""
    with pytest.raises(Rejected, match="PartyTaken"):
        await chain.admin.enrol_operator(chain.contract, PARTY)
    with pytest.raises(Rejected, match=r"QuorumOutOfBounds\(quorum=2, operators=1\)"):
        await chain.admin.set_quorum(chain.contract, 2)
    with pytest.raises(Rejected, match=r"QuorumOutOfBounds\(quorum=2, operators=0\)"):
        await chain.admin.deploy(NETWORK, 2)
    assert await chain.admin.operator_of(chain.contract, PARTY) == 1
    assert await chain.admin.operator_of(chain.contract, "urn:nobody") == 0


async def test_admin_transaction_that_reverts_in_its_block(chain: OnDevchain):
    """The estimate passed and the block did not: told as refused, never as done."""
    chain.wire.answers["eth_estimateGas"] = {"result": "0x80000"}
    with pytest.raises(Rejected, match="reverted in its block"):
        await chain.admin.enrol_operator(chain.contract, PARTY)


async def test_stranger_is_not_admin(chain: OnDevchain):
    """Another funded account is refused before anything is sent."""
    other = Admin(chain.client, bytes(BOB.key), chain._sleep)
    with pytest.raises(Rejected, match="NotAdmin"):
        await other.set_quorum(chain.contract, 1)


@pytest.mark.parametrize("text", ["", "0x", "0x1234", "c0" * 20, "0x" + "zz" * 20, "0x" + "00" * 21])
def test_malformed_address(text: str):
    """An address has 0x and 40 hexadecimal digits."""
    with pytest.raises(Rejected) as refused:
        address(text)
    assert refused.value.code == "BAD_CONFIG"


async def test_over_http(tmp_path: Path):
    """web3's provider against the devchain program: deploy, enrol, anchor, find, then silence."""
    settings = ChainSettings(tmp_path, 7447, [ALICE.address, BOB.address])
    waits = 0

    async def sleep(_: float) -> None:
        nonlocal waits
        waits += 1

    with running(settings, Service(), threading.Event().set) as server:
        client = Client(server.url)
        chain = OnDevchain.__new__(OnDevchain)
        chain.admin = Admin(client, bytes(ALICE.key), sleep)
        chain.contract = await chain.admin.deploy(NETWORK, 0)
        await chain.enrol(PARTY, bytes(BOB.key))
        ledger = EthereumLedger(Settings(rpc=server.url, contract=chain.contract, secret=bytes(BOB.key)))
        transaction = await ledger.prepare_anchor(0, 3, ROOT, [])
        mined = None
        while mined is None:
            await ledger.send(transaction)
            mined = await ledger.find(transaction)
        assert mined.anchor is not None
        assert str(await ledger.finality()) == "tag"
        assert await ledger.is_final(mined.anchor)
        assert (await ledger.proof(mined.anchor)).receipt_path
    with pytest.raises(Unavailable):
        await ledger.height()
    await ledger.close()
    await client.close()
