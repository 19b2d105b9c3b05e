"""The admin's transactions, and the whole adapter over HTTP."""

import threading
from pathlib import Path

import pytest

from tests.devchain.node import ALICE, BOB, account
from tests.ports.ledgers import NETWORK, PARTY, OnDevchain
from tracehold.adapters.ethereum.admin import Admin, address
from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.ethereum.ledger import EthereumLedger, Settings
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import Root
from tracehold.devchain.chain import Settings as ChainSettings
from tracehold.devchain.program import Service, running

ROOT, NEXT = Root(b"\x01" * 32), Root(b"\x02" * 32)
HOLDERS = [account(f"holder {number}") for number in range(2, 5)]


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


async def test_a_contract_that_is_gone_for_a_moment_is_waited_for(chain: OnDevchain):
    """A block without its deployment: nothing is estimated for a call to nobody, and nothing sent to one."""
    code = chain.node.rpc("eth_getCode", "0x" + chain.contract.hex(), "latest")
    gone = ["0x", "0x", code]
    chain.wire.answers["eth_getCode"] = lambda *_: {"result": gone.pop(0)}
    await chain.admin.set_quorum(chain.contract, 0)
    assert gone == []
    chain.wire.answers["eth_getCode"] = {"result": "0x"}
    sent = chain.node.rpc("eth_getTransactionCount", ALICE.address, "latest")
    with pytest.raises(Rejected, match="no contract stands") as refused:
        await chain.admin.set_quorum(chain.contract, 0)
    assert refused.value.code == "LEDGER_REFUSED"
    assert chain.node.rpc("eth_getTransactionCount", ALICE.address, "latest") == sent


async def test_stranger_is_not_admin(chain: OnDevchain):
    """Another funded account is refused before anything is sent."""
    other = Admin(chain.client, bytes(BOB.key), chain._sleep)
    with pytest.raises(Rejected, match="NotAdmin") as refused:
        await other.set_quorum(chain.contract, 1)
    assert "--admin-key" in refused.value.remedy


async def test_a_node_replaces_its_keys(chain: OnDevchain):
    """By itself; the members tell account, key and record from then on, and which key was in force before."""
    before = await chain.ledger.myself()
    assert before is not None
    fresh = account("fresh")
    new = bytes.fromhex(fresh.address[2:])
    node = Admin(chain.client, bytes(BOB.key), chain._sleep)
    await node.replace_keys(chain.contract, new, b"\x77" * 32, b"another record")
    block = int(chain.node.rpc("eth_blockNumber"), 16)
    (member,) = await chain.ledger.members()
    assert (member.account, member.node_key, member.record) == (new, b"\x77" * 32, b"another record")
    assert (member.number, member.log, member.roles) == (before.number, before.log, before.roles)
    assert [member.key_at(at) for at in (0, block - 1, block, block + 9)] == [
        before.node_key, before.node_key, b"\x77" * 32, b"\x77" * 32
    ]  # fmt: skip
    assert await chain.ledger.myself() is None
    assert await chain.open(secret=bytes(fresh.key)).myself() == member
    with pytest.raises(Rejected, match="NodeNotActive"):
        await node.replace_keys(chain.contract, new, b"\x78" * 32, b"another record")


async def test_a_new_record_alone_replaces_no_key(chain: OnDevchain):
    """With a new certificate the key goes on: nothing ends."""
    before = await chain.ledger.myself()
    assert before is not None
    node = Admin(chain.client, bytes(BOB.key), chain._sleep)
    await node.replace_keys(chain.contract, before.account, before.node_key, b"another record")
    (member,) = await chain.ledger.members()
    assert (member.record, member.replaced) == (b"another record", ())


async def test_what_an_account_has_goes_over_to_another(chain: OnDevchain):
    """But for the gas; where there is no more than that, nothing is sent."""
    heir = account("heir")
    node = Admin(chain.client, bytes(BOB.key), chain._sleep)
    balance = lambda who: int(chain.node.rpc("eth_getBalance", who.address, "latest"), 16)  # noqa: E731
    whole = balance(BOB)
    for _ in range(2):
        await node.hand_over(bytes.fromhex(heir.address[2:]))
        assert balance(heir) > whole * 99 // 100
        assert balance(BOB) < whole // 100


async def test_an_account_is_paid(chain: OnDevchain):
    """So much, and not a wei more or less."""
    newcomer = account("newcomer")
    payer = Admin(chain.client, bytes(ALICE.key), chain._sleep)
    for times in (1, 2):
        await payer.pay(bytes.fromhex(newcomer.address[2:]), 7)
        assert int(chain.node.rpc("eth_getBalance", newcomer.address, "latest"), 16) == 7 * times


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
        await chain.enrol_operator(PARTY, bytes(BOB.key))
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
