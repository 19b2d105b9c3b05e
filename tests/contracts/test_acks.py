"""Acknowledgements: every way in which a signature must not count."""

from dataclasses import replace

import pytest
from coincurve import PrivateKey, PublicKey
from eth_account import Account
from eth_account.messages import encode_typed_data

from tests.contracts.evm import Evm
from tests.contracts.world import CREATOR, HOLDER, World, as_struct, h
from tracehold.adapters.ethereum import acks
from tracehold.core.errors import Rejected

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
ROOT = h("the new root")


def test_digest_is_eip_712():
    """Our digest is the one that a wallet library makes of the same typed data."""
    domain = acks.Domain(7447, b"\xc0" * 20, h("salt"))
    ack = acks.Ack(3, h("log"), 70_000, h("before"), 70_001, h("after"))
    typed = {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
                {"name": "salt", "type": "bytes32"},
            ],
            "Ack": [
                {"name": "node", "type": "uint32"},
                {"name": "log", "type": "bytes32"},
                {"name": "prevSize", "type": "uint64"},
                {"name": "prevRoot", "type": "bytes32"},
                {"name": "size", "type": "uint64"},
                {"name": "root", "type": "bytes32"},
            ],
        },
        "primaryType": "Ack",
        "domain": {
            "name": "tracehold",
            "version": "1",
            "chainId": 7447,
            "verifyingContract": "0x" + "c0" * 20,
            "salt": h("salt"),
        },
        "message": {
            "node": 3,
            "log": h("log"),
            "prevSize": 70_000,
            "prevRoot": h("before"),
            "size": 70_001,
            "root": h("after"),
        },
    }
    key = PrivateKey(h("key"))
    signed = Account.sign_message(encode_typed_data(full_message=typed), key.secret)
    assert signed.message_hash == ack.digest(domain)
    assert acks.signer(signed.message_hash, acks.sign(signed.message_hash, key)) == acks.address_of(
        key.public_key
    )
    assert acks.sign(ack.digest(domain), key)[:32] == signed.r.to_bytes(32, "big")


def test_good_acknowledgements(four):
    """Holders of other operators count, over a first anchor and over a later one with its previous root."""
    for size in (1, 2, 65_536):
        root = h("root", size)
        (event,) = four.anchor(
            four[2], size, root, four.ack(four[2], size, root, four[1], four[3], four[4])
        ).events()
        assert event[1]["ackers"] == (1, 3, 4)


@pytest.mark.parametrize(
    "change",
    [
        {"node": 2},
        {"node": 0},
        {"log": h("log", 2)},
        {"log": bytes(32)},
        {"prev_size": 0},
        {"prev_size": 6},
        {"prev_root": bytes(32)},
        {"prev_root": h("a fork")},
        {"size": 8},
        {"size": 5},
        {"root": h("another root")},
    ],
    ids=str,
)
def test_attack_acknowledgement_of_something_else(four, refused, change):
    """A signature over another creator, log, start, end or root counts for nothing here."""
    four.anchor(four[1], 5, h("r5"), four.ack(four[1], 5, h("r5"), four[2]))
    with refused("BadAck(node=3)"):
        four.anchor(four[1], 7, ROOT, four.ack(four[1], 7, ROOT, four[3], instead=change))
    four.anchor(four[1], 7, ROOT, four.ack(four[1], 7, ROOT, four[3]))


def test_attack_replayed_for_another_creator(four, refused):
    """What a holder signed for one creator does not serve another one, even with the same tree."""
    given = four.ack(four[1], 1, ROOT, four[3])
    with refused("BadAck(node=3)"):
        four.anchor(four[2], 1, ROOT, given)
    four.anchor(four[1], 1, ROOT, given)


def test_attack_replayed_at_a_later_size(four, refused):
    """An old acknowledgement does not carry the next anchor."""
    given = four.ack(four[1], 1, ROOT, four[3])
    four.anchor(four[1], 1, ROOT, given)
    with refused("BadAck(node=3)"):
        four.anchor(four[1], 2, ROOT, given)


def test_attack_replayed_on_another_chain(refused):
    """Same address, same salt, same everything, other chain id."""
    here, there = World(Evm(chain_id=7447), 3), World(Evm(chain_id=7448), 3)
    assert (here.contract.address, here.domain.salt) == (there.contract.address, there.domain.salt)
    with refused("BadAck(node=2)"):
        there.anchor(there[1], 1, ROOT, here.ack(here[1], 1, ROOT, here[2]))
    here.anchor(here[1], 1, ROOT, here.ack(here[1], 1, ROOT, here[2]))


def test_attack_replayed_on_another_deployment(refused):
    """Same chain id, same address, other genesis, so other salt: a test chain that was wiped and set up
    again.
    """
    old, new = World(Evm(genesis_time=1_700_000_000), 3), World(Evm(genesis_time=1_700_000_001), 3)
    assert old.contract.address == new.contract.address
    assert old.domain.salt != new.domain.salt
    with refused("BadAck(node=2)"):
        new.anchor(new[1], 1, ROOT, old.ack(old[1], 1, ROOT, old[2]))


def test_attack_replayed_on_another_contract(refused):
    """Two contracts with the same members in one block, so with the same salt."""
    evm = Evm()
    one, two = World(evm, 3), World(evm, 3)
    assert one.domain.salt == two.domain.salt
    with refused("BadAck(node=2)"):
        two.anchor(two[1], 1, ROOT, one.ack(one[1], 1, ROOT, one[2]))


def test_domain_follows_the_chain_id():
    """Where a chain splits and one side takes a new id, signatures made for the new id count there."""
    world = World(Evm(chain_id=1), 3)
    context = world.contract.evm.state.execution_context
    context._chain_id = 2
    assert world.domain.chain_id == 2
    world.anchor(world[1], 1, ROOT, world.ack(world[1], 1, ROOT, world[2]))


@pytest.mark.parametrize("s", [ORDER // 2 + 1, 2**255 - 1])
def test_attack_high_s(four, refused, s):
    """A high s that fits the compact form, and a holder whose account is just what a recovery would give."""
    digest = four.statement(four[1], 1, ROOT).digest(four.domain)
    r = acks.sign(digest, four[2].key)[:32]
    recovered = PublicKey.from_signature_and_message(r + s.to_bytes(32) + b"\x00", digest, hasher=None)
    account = acks.address_of(recovered)
    four.admin("enrolNode", 2, account, h("its key"), h("its log"), HOLDER, b"record")
    with refused("BadAck(node=5)"):
        four.anchor(four[1], 1, ROOT, [as_struct(5, r + s.to_bytes(32))])
    with pytest.raises(Rejected, match="high"):
        acks.signer(digest, r + s.to_bytes(32))


def test_largest_low_s_counts(four):
    """Half the order itself is low: the same construction passes, so the refusal above is about s alone."""
    s = ORDER // 2
    digest = four.statement(four[1], 1, ROOT).digest(four.domain)
    given = acks.sign(digest, four[2].key)[:32] + s.to_bytes(32)
    four.admin("enrolNode", 2, acks.signer(digest, given), h("its key"), h("its log"), HOLDER, b"record")
    four.anchor(four[1], 1, ROOT, [as_struct(5, given)])


@pytest.mark.parametrize(
    ("r", "s"),
    [(0, 1), (1, 0), (0, 0), (ORDER, 1), (2**256 - 1, 1), (5, 1)],
    ids=["r0", "s0", "00", "r=n", "r>n", "off curve"],
)
def test_attack_signature_that_recovers_to_nobody(four, refused, r, s):
    """Where ecrecover answers zero nobody signed; number 0, whose account is zero, does not count either."""
    given = r.to_bytes(32) + s.to_bytes(32)
    for node in (0, 2):
        with refused(f"BadAck(node={node})"):
            four.anchor(four[1], 1, ROOT, [as_struct(node, given)])
    with pytest.raises(Rejected):
        acks.signer(h("any"), given)


def test_attack_signed_by_an_unknown_account(four, refused):
    """A stranger's good signature counts under no number."""
    stranger = replace(four[2], key=PrivateKey(h("stranger")))
    for node in (0, 2, 5):
        given = four.ack(four[1], 1, ROOT, replace(stranger, number=node))
        with refused(f"BadAck(node={node})"):
            four.anchor(four[1], 1, ROOT, given)


def test_attack_under_another_holders_number(four, refused):
    """A holder's signature counts for that holder only."""
    with refused("BadAck(node=3)"):
        four.anchor(four[1], 1, ROOT, four.ack(four[1], 1, ROOT, replace(four[2], number=3)))


def test_attack_one_signer_twice(four, refused):
    """One copy is one copy, however often it is signed for."""
    four.admin("setQuorum", 2)
    given = four.ack(four[1], 1, ROOT, four[2], four[2])
    with refused("AckOrder(node=2)"):
        four.anchor(four[1], 1, ROOT, given)


def test_attack_two_nodes_of_one_operator(four, refused):
    """One company with two nodes does not make a quorum of two."""
    four.admin("setQuorum", 2)
    second = four.node(2)
    with refused(f"AckOrder(node={second.number})"):
        four.anchor(four[1], 1, ROOT, four.ack(four[1], 1, ROOT, four[2], second))
    four.anchor(four[1], 1, ROOT, four.ack(four[1], 1, ROOT, second, four[3]))


def test_operators_must_ascend(four, refused):
    """The order is by operator, and it is strict; node numbers do not matter."""
    late = four.node(2)
    with refused("AckOrder(node=2)"):
        four.anchor(four[1], 1, ROOT, four.ack(four[1], 1, ROOT, four[3], four[2]))
    four.anchor(four[1], 1, ROOT, four.ack(four[1], 1, ROOT, late, four[3]))


def test_attack_own_operator(four, refused):
    """Neither the creator itself nor a sister node of its operator vouches for its copy."""
    sister = four.node(1, HOLDER)
    for signer in (four[1], sister):
        with refused(f"AckOwnOperator(node={signer.number})"):
            four.anchor(four[1], 1, ROOT, four.ack(four[1], 1, ROOT, signer))
        with refused(f"AckOwnOperator(node={signer.number})"):
            four.anchor(four[1], 1, ROOT, four.ack(four[1], 1, ROOT, signer, four[2]))


def test_only_active_holders_acknowledge(four, refused):
    """Without role, revoked, operator revoked: each makes a signature worthless, also one made before."""
    given = {number: four.ack(four[1], 1, ROOT, four[number]) for number in (2, 3, 4)}
    four.admin("setNodeRoles", 2, CREATOR)
    four.admin("revokeNode", 3)
    four.admin("revokeOperator", 4)
    for number, acknowledgement in given.items():
        with refused(f"AckNotHolder(node={number})"):
            four.anchor(four[1], 1, ROOT, acknowledgement)
    four.admin("setNodeRoles", 2, HOLDER)
    four.anchor(four[1], 1, ROOT, given[2])


def test_one_bad_acknowledgement_spoils_the_anchor(four, refused):
    """All that are handed in must be good, though fewer would do: the event names them all."""
    given = [*four.ack(four[1], 1, ROOT, four[2]), *four.ack(four[1], 2, ROOT, four[3])]
    with refused("BadAck(node=3)"):
        four.anchor(four[1], 1, ROOT, given)
    assert four.head(1)[1] == 0


@pytest.mark.parametrize("length", [0, 63, 65])
def test_signature_has_64_bytes(length):
    """Off the chain too, nothing but the compact form is read."""
    with pytest.raises(Rejected, match="64 bytes"):
        acks.signer(h("digest"), bytes(length))
