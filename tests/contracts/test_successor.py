"""A contract that takes over from another one of the same network."""

import pytest

from tests.contracts.evm import Deployed, Evm, Reverted
from tests.contracts.world import ADMIN, NETWORK, STRANGER, World, h
from tracehold.adapters.ethereum import abi


def deploy(evm: Evm, network: bytes, predecessor: bytes) -> Deployed:
    """A contract that names a predecessor."""
    return Deployed(evm, evm.execute(ADMIN, b"", abi.encode_deploy(network, ADMIN, 0, predecessor)).created)


def test_the_first_contract_has_none():
    """Zero."""
    assert World(Evm(), 1).contract.read("predecessor") == "0x" + "00" * 20


def test_a_successor_names_its_predecessor_and_begins_anew():
    """Same network id; members and heads are its own; what the old one says stays."""
    evm = Evm()
    old = World(evm, 1)
    old.anchor(old[1], 5, h("root"))
    new = deploy(evm, NETWORK, old.contract.address)
    assert new.read("predecessor") == "0x" + old.contract.address.hex()
    assert new.read("networkId") == NETWORK
    assert (new.read("nodeCount"), new.read("headOf", 1)[1]) == (0, 0)
    assert old.head(1)[:2] == (h("root"), 5)
    third = deploy(evm, NETWORK, new.address)
    assert third.read("predecessor") == "0x" + new.address.hex()


def test_attack_taking_over_from_another_network(refused):
    """A predecessor of another network would lend its history to strangers."""
    evm = Evm()
    old = World(evm, 1)
    with refused("OtherNetwork"):
        deploy(evm, h("another network"), old.contract.address)


@pytest.mark.parametrize("predecessor", [STRANGER, b"\x02".rjust(20, b"\x00")], ids=["account", "precompile"])
def test_a_predecessor_that_is_no_contract_is_refused(predecessor):
    """An account, or something that answers with no network id."""
    with pytest.raises(Reverted):
        deploy(Evm(), NETWORK, predecessor)
