"""A chain in memory on which the contract's calls are measured: py-evm with Prague rules, the engine of the
devchain.
"""

import json
import random
from hashlib import sha256
from importlib.resources import files
from typing import Any

from coincurve import PrivateKey
from eth.chains.base import MiningChain
from eth.consensus import ConsensusApplier, NoProofConsensus
from eth.constants import POST_MERGE_DIFFICULTY, POST_MERGE_MIX_HASH, POST_MERGE_NONCE
from eth.db.atomic import AtomicDB
from eth.vm.forks import PragueVM
from eth_hash.auto import keccak
from eth_keys import keys

from tracehold.adapters.ethereum import abi, acks

CHAIN_ID = 7447
GAS_LIMIT = 30_000_000
RANDOM = random.Random(1)


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

    def read(self, function: str, *arguments: Any, head: Any = None, warm: bool = False) -> Any:
        """Result and gas of a view's execution, as another contract or eth_call would see it, without the
        transaction. `head` (root, size) is put into storage before as that of node 2, its slots `warm` or
        not.
        """
        vm = self.chain.get_vm()
        for slot, value in zip(head_slots(2), head or (), strict=False):
            vm.state.set_storage(self.contract, slot, value)
            if warm:
                vm.state.mark_storage_warm(self.contract, slot)
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


def head_slots(node: int) -> tuple[int, int]:
    """Where a node's head lies: its root, and its size (the lowest 8 bytes)."""
    layout = json.loads((files("tracehold.adapters.ethereum") / "artifacts" / "Anchors.json").read_text())
    (found,) = [one for one in layout["storageLayout"]["storage"] if one["label"] == "_heads"]
    first = int.from_bytes(keccak(node.to_bytes(32) + int(found["slot"]).to_bytes(32)))
    return first, first + 1
