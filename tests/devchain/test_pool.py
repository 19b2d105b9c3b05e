"""The order in which waiting transactions are taken."""

import threading
from functools import cache

from eth_typing import Address
from hypothesis import given
from hypothesis import strategies as st

from tests.devchain.node import ALICE, BOB, CHAIN_ID, POOR, signed
from tracehold.devchain import admission
from tracehold.devchain.pool import Pool

SIGNERS = (ALICE, BOB, POOR)


@cache
def transaction(sender: int, nonce: int):
    """Signed once, used in many examples."""
    return admission.decode(bytes.fromhex(signed(SIGNERS[sender], nonce=nonce)[2:]), CHAIN_ID)


def nothing_mined(_: Address) -> int:
    """A chain at its start."""
    return 0


arrivals = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), unique=True, max_size=18)


@given(arrivals)
def test_executable_is_every_unbroken_run_in_nonce_order(order) -> None:
    """All that has no gap before it, and nothing else."""
    pool = Pool()
    for sender, nonce in order:
        pool.add(transaction(sender, nonce), nothing_mined)
    taken = [(tx.sender, tx.nonce) for tx in pool.executable(nothing_mined)]
    for sender, signer in enumerate(SIGNERS):
        nonces = {nonce for who, nonce in order if who == sender}
        unbroken = next(n for n in range(7) if n not in nonces)
        account = bytes.fromhex(signer.address[2:])
        assert [nonce for who, nonce in taken if who == account] == list(range(unbroken))


@given(arrivals)
def test_across_senders_what_became_executable_first_goes_first(order) -> None:
    """By arrival; a transaction counts from when the last of those it needs was there."""
    pool = Pool()
    for sender, nonce in order:
        pool.add(transaction(sender, nonce), nothing_mined)
    place = {(SIGNERS[sender].address, nonce): at for at, (sender, nonce) in enumerate(order)}
    ready = [
        max(place[_address(tx), nonce] for nonce in range(tx.nonce + 1))
        for tx in pool.executable(nothing_mined)
    ]
    assert ready == sorted(ready)


def _address(tx):
    return next(signer.address for signer in SIGNERS if bytes.fromhex(signer.address[2:]) == tx.sender)


@given(arrivals, st.integers(0, 6))
def test_settling_forgets_what_was_overtaken(order, mined) -> None:
    """Nonces below the mined one go, the others stay."""
    pool = Pool()
    for sender, nonce in order:
        pool.add(transaction(sender, nonce), nothing_mined)
    pool.settle(lambda _: mined)
    assert len(pool) == len([nonce for _, nonce in order if nonce >= mined])
    for sender, nonce in order:
        found = pool.find(transaction(sender, nonce).hash)
        assert (found is not None) == (nonce >= mined)


def test_something_new_wakes_the_sealer() -> None:
    """The event is set on arrival."""
    pool = Pool()
    assert not pool.arrived.is_set()
    pool.add(transaction(0, 0), nothing_mined)
    assert pool.arrived.is_set()


def test_a_block_while_the_next_nonce_is_told() -> None:
    """The nonce of what is mined in that moment is not told again: what would take it is lost."""
    pool, mined = Pool(), transaction(0, 0)
    pool.add(mined, nothing_mined)
    settling = threading.Thread(target=pool.settle, args=(lambda _: 1,))

    def before_the_block(_: Address) -> int:
        settling.start()
        settling.join(0.2)  # it has to wait for the answer; without that it needs no time
        return 0

    assert pool.next_nonce(mined.sender, before_the_block) == 1
    settling.join()
    assert pool.next_nonce(mined.sender, lambda _: 1) == 1
    assert len(pool) == 0
