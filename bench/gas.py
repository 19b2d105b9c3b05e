"""Prints what each call of the contract costs, measured on py-evm (Prague rules) in blocks of one
transaction.

    .venv/bin/python bench/gas.py [--json]

Gas does not depend on the machine: the figures in docs/spec/contract.md are these.
"""

import argparse
import json
import random
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from coincurve import PrivateKey
from eth.chains.base import MiningChain
from eth.consensus import ConsensusApplier, NoProofConsensus
from eth.constants import POST_MERGE_DIFFICULTY, POST_MERGE_MIX_HASH, POST_MERGE_NONCE
from eth.db.atomic import AtomicDB
from eth.vm.forks import PragueVM
from eth_keys import keys

from tracehold.adapters.ethereum import abi, acks
from tracehold.core.limits import SEGMENT_ENTRIES

CHAIN_ID = 7447
GAS_LIMIT = 30_000_000
RANDOM = random.Random(1)
NODE_RECORD = RANDOM.randbytes(900)  # a usual one: endpoints, a P-256 certificate, a signature


class Chain(MiningChain):
    """Prague rules, no seal."""

    chain_id = CHAIN_ID
    vm_configuration = ConsensusApplier(NoProofConsensus).amend_vm_configuration(((0, PragueVM),))


class Bench:
    """A chain on which every transaction gets a block of its own, so that no slot is warm from the one
    before.
    """

    def __init__(self) -> None:
        self.keys = [PrivateKey(RANDOM.randbytes(32)) for _ in range(5)]
        genesis: Any = {
            "coinbase": bytes(20),
            "difficulty": POST_MERGE_DIFFICULTY,
            "extra_data": b"",
            "gas_limit": GAS_LIMIT,
            "mix_hash": POST_MERGE_MIX_HASH,
            "nonce": POST_MERGE_NONCE,
            "timestamp": 1_700_000_000,  # fixed: signatures, and so the zero bytes in them, follow from it
        }
        account: Any = {"balance": 10**24, "nonce": 0, "code": b"", "storage": {}}
        addresses: Any = [acks.address_of(key.public_key) for key in self.keys]
        made: Any = Chain.from_genesis(AtomicDB(), genesis, dict.fromkeys(addresses, account))
        self.chain: Any = made
        self.chain.mine_block(timestamp=1_700_000_001)  # its hash is the contract's salt
        self.contract = b""

    def transact(self, who: int, data: bytes) -> int:
        """Mine one transaction; its gas."""
        key = self.keys[who]
        address = acks.address_of(key.public_key)
        unsigned = (
            self.chain.get_vm()
            .get_transaction_builder()
            .new_unsigned_dynamic_fee_transaction(
                chain_id=CHAIN_ID,
                nonce=self.chain.get_vm().state.get_nonce(address),
                max_priority_fee_per_gas=1,
                max_fee_per_gas=10**10,
                gas=GAS_LIMIT // 2,
                to=self.contract,
                value=0,
                data=data,
                access_list=(),
            )
        )
        _, (receipt,), (computation,) = self.chain.mine_all(
            [unsigned.as_signed_transaction(keys.PrivateKey(key.secret))]
        )
        computation.raise_if_error()
        self.contract = self.contract or computation.msg.storage_address
        used: int = receipt.gas_used
        return used

    def call(self, who: int, function: str, *arguments: Any) -> int:
        """Gas of a call by name."""
        return self.transact(who, abi.encode_call(function, *arguments))

    def read(self, function: str, *arguments: Any) -> tuple[tuple[Any, ...], int]:
        """Result and gas of a view's execution, as another contract or eth_call would see it, without the
        transaction.
        """
        vm = self.chain.get_vm()
        data = abi.encode_call(function, *arguments)
        sender = acks.address_of(self.keys[0].public_key)
        done = vm.execute_bytecode(
            origin=sender, gas_price=0, gas=GAS_LIMIT, to=self.contract, sender=sender, value=0, data=data,
            code=vm.state.get_code(self.contract),
        )  # fmt: skip
        return abi.decode_result(function, done.output), done.get_gas_used()

    def anchor(self, who: int, size: int, root: bytes, signers: tuple[int, ...] = ()) -> int:
        """Gas of the next anchor of node `who`, acknowledged by the nodes `signers`."""
        ((prev_root, prev_size, _, _),), _ = self.read("headOf", who)
        ((*_, chain_id, contract, salt, _),) = [self.read("eip712Domain")[0]]
        domain = acks.Domain(chain_id, bytes.fromhex(contract[2:]), salt)
        digest = acks.Ack(who, log_of(who), prev_size, prev_root, size, root).digest(domain)
        signatures = [(number, acks.sign(digest, self.keys[number])) for number in signers]
        given = [(number, signature[:32], signature[32:]) for number, signature in signatures]
        return self.call(who, "anchor", prev_size, size, root, given)


def log_of(number: int) -> bytes:
    """Id of a node's log."""
    return sha256(b"log %d" % number).digest()


def climb(leaf: bytes, index: int, path: list[bytes]) -> bytes:
    """Root over a path in a full tree."""
    for level, sibling in enumerate(path):
        pair = sibling + leaf if index >> level & 1 else leaf + sibling
        leaf = sha256(b"\x01" + pair).digest()
    return leaf


def membership(bench: Bench) -> Iterator[tuple[str, int]]:
    """Deployment and four operators with a node each; account 0 is the admin, node n is of operator n."""
    admin = acks.address_of(bench.keys[0].public_key)
    yield "deploy", bench.transact(0, abi.encode_deploy(RANDOM.randbytes(32), admin, 0))
    operator = node = 0
    for number in range(1, 5):
        operator = bench.call(0, "enrolOperator", f"https://id.gs1.org/417/952114123450{number}")
        account = acks.address_of(bench.keys[number].public_key)
        arguments = (number, account, RANDOM.randbytes(32), log_of(number), 3, NODE_RECORD)
        node = bench.call(0, "enrolNode", *arguments)
        if number == 1:
            yield from alone(bench)
    yield "enrolOperator, later", operator
    yield f"enrolNode, record of {len(NODE_RECORD)} bytes", node
    yield "setNodeRoles", bench.call(0, "setNodeRoles", 4, 2)


def alone(bench: Bench) -> Iterator[tuple[str, int]]:
    """Anchors of a network with one operator."""
    for size in range(1, 4):
        used = bench.anchor(1, size * 100, RANDOM.randbytes(32))
        if size != 2:
            yield f"anchor, {'first' if size == 1 else 'later'}, no acknowledgement", used


def acknowledged(bench: Bench) -> Iterator[tuple[str, int]]:
    """Anchors of a network with four operators."""
    yield "anchor, first, 2 acknowledgements", bench.anchor(4 - 1, 100, RANDOM.randbytes(32), (1, 2))
    for count in (1, 2, 3):
        used = bench.anchor(1, 1_000 * count, RANDOM.randbytes(32), (2, 3, 4)[:count])
        yield f"anchor, later, {count} acknowledgement{'s' if count > 1 else ''}", used
    yield (
        "anchor, later, 2 acknowledgements, 10 records",
        bench.anchor(1, 3_010, RANDOM.randbytes(32), (2, 3)),
    )
    yield (
        "anchor, later, 2 acknowledgements, 62,526 records",
        bench.anchor(1, 65_536, RANDOM.randbytes(32), (2, 3)),
    )


def inclusion(bench: Bench) -> Iterator[tuple[str, int]]:
    """Checks of full trees of depth 10, 17 and 20 in the log of node 2, and a supersede."""
    size = 0
    for depth in (10, 17, 20):
        path, index, entry = (
            [RANDOM.randbytes(32) for _ in range(depth)],
            1 << depth - 1 | 5,
            RANDOM.randbytes(32),
        )
        root = climb(sha256(b"\x00" + entry).digest(), index, path)
        while size < 1 << depth:
            size = min(size // SEGMENT_ENTRIES * SEGMENT_ENTRIES + SEGMENT_ENTRIES, 1 << depth)
            bench.anchor(2, size, root if size == 1 << depth else RANDOM.randbytes(32), (1,))
        (holds,), used = bench.read("verifyInclusion", 2, entry, index, path)
        if not holds:
            raise AssertionError(f"depth {depth}: a good path does not hold")
        yield f"verifyInclusion, depth {depth} (execution alone)", used
        if depth == 17:
            arguments = (entry, RANDOM.randbytes(32), index, path)
            yield "supersede, depth 17", bench.call(2, "supersede", *arguments)


def replacement(bench: Bench) -> Iterator[tuple[str, int]]:
    """A node that takes a new account and a new key."""
    account = acks.address_of(PrivateKey(sha256(b"new account").digest()).public_key)
    arguments = (account, sha256(b"new key").digest(), NODE_RECORD)
    yield f"replaceKeys, record of {len(NODE_RECORD)} bytes", bench.call(4, "replaceKeys", *arguments)


def measure() -> dict[str, int]:
    """Gas by what was done."""
    RANDOM.seed(1)
    bench = Bench()
    return dict([*membership(bench), *acknowledged(bench), *inclusion(bench), *replacement(bench)])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Gas of the contract's calls.")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    as_json = parser.parse_args().json
    rows = measure()
    if as_json:
        print(json.dumps(rows))
        return
    for name, used in rows.items():
        print(f"{name:52} {used:>10,}")


if __name__ == "__main__":
    main()
