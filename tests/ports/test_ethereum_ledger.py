"""What only the ethereum adapter holds to: acknowledgements and members."""

from typing import Any

import pytest
from coincurve import PrivateKey

from tests.devchain.node import BOB, account
from tests.ports.ledgers import BOTH, PARTY, OnDevchain, acknowledge, anchor, log_of
from tracehold.adapters.ethereum import abi, acks
from tracehold.adapters.ethereum.admin import NewNode
from tracehold.adapters.ethereum.sender import Sender
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import Root
from tracehold.core.merkle import EMPTY_ROOT
from tracehold.journey.ports import Pledge, Role

ROOT = Root(b"\x01" * 32)
HOLDERS = [account(f"holder {number}") for number in range(2, 5)]


# -- acknowledgements


async def test_acknowledged_anchor(chain: OnDevchain):
    """Three holders sign, in any order; the adapter hands them over by operator."""
    for number, holder in enumerate(HOLDERS, start=2):
        assert await chain.enrol_operator(f"urn:example:{number}", bytes(holder.key)) == number
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


async def test_an_anchor_stays_clear_of_what_else_the_account_sent(chain: OnDevchain):
    """Another program's transaction of the same account waits in the pool: the anchor takes the nonce after
    it, and both are mined.
    """
    other = Sender(chain.client, chain.node.chain.chain_id, bytes(BOB.key))
    waiting = await other.prepare(b"\x57" * 20, b"", 21_000)
    await other.send(waiting)
    transaction = await chain.ledger.prepare_anchor(0, 3, ROOT, [])
    assert transaction.nonce == waiting.nonce + 1
    await chain.ledger.send(transaction)
    chain.mine()
    assert (await chain.ledger.head(1)).size == 3
    assert await chain.ledger.find(waiting) is not None


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


async def test_ledger_without_account_signs_nothing(chain: OnDevchain):
    """An acknowledgement is checked without a key, and not made."""
    holder = await chain.enrol(2)
    pledge = Pledge(1, log_of(1), 0, EMPTY_ROOT, 3, ROOT)
    member = await holder.myself()
    assert member is not None
    reader = chain.open(secret=None)
    await reader.check_acknowledgement(pledge, await holder.acknowledge(pledge), member.account)
    with pytest.raises(Rejected) as refused:
        await reader.acknowledge(pledge)
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
    second = await chain.enrol_operator("urn:example:b", bytes(HOLDERS[0].key))
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
        await chain.enrol_operator(f"urn:example:{number}", bytes(holder.key))
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
    await chain.enrol_operator("urn:example:b", bytes(HOLDERS[0].key))
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
    await chain.enrol_operator("urn:example:b", bytes(HOLDERS[0].key))
    chain.wire.answers["eth_getLogs"] = limited
    assert len(await chain.ledger.members()) == 2
