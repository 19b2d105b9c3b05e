"""py-evm behind three questions: what is the first block, what is the next block, what does a block cost.

Prague rules with two differences, both about time and gas of a chain with one sealer:

* A block may carry its parent's timestamp. The yellow paper (section 4.3.4) wants it strictly later; a chain
  that seals many blocks a second would then run ahead of the clock, and block times are compared with clocks.
* The gas limit never moves, and the base fee starts at 7 wei, where EIP-1559's rule
  keeps it while blocks are at most half full.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from eth.abc import (
    BlockAPI,
    BlockHeaderAPI,
    ComputationAPI,
    ReceiptAPI,
    SignedTransactionAPI,
)
from eth.chains.base import Chain
from eth.consensus import ConsensusApplier, NoProofConsensus
from eth.constants import POST_MERGE_DIFFICULTY, POST_MERGE_MIX_HASH, POST_MERGE_NONCE, ZERO_ADDRESS
from eth.db.atomic import AtomicDB
from eth.db.backends.base import BaseDB
from eth.vm.forks import PragueVM
from eth.vm.interrupt import EVMMissingData
from eth_typing import Address
from eth_utils import ValidationError

from tracehold.core.errors import Broken

GAS_LIMIT = 30_000_000
BASE_FEE = 7
ALLOCATION = 10**24
"""Wei of each account that the genesis funds."""


class DevVM(PragueVM):
    """Prague, with timestamps that may stand still."""

    @classmethod
    def validate_header(cls, header: BlockHeaderAPI, parent_header: BlockHeaderAPI) -> None:
        """As Prague, but only a timestamp before the parent's is refused."""
        super().validate_header(header, parent_header.copy(timestamp=parent_header.timestamp - 1))

    @classmethod
    def finalize_gas_used(cls, transaction: SignedTransactionAPI, computation: ComputationAPI) -> int:
        """Gas that the sender pays (EIP-3529, EIP-7623): the refund's cap counts execution, not the floor.

        py-evm 0.12.1b1 caps the refund by execution plus floor here, and by execution where it moves the
        balance; receipt and balance would part where both the cap and the floor bind.
        """
        spent = transaction.gas - computation.get_gas_remaining()
        refund = cls.calculate_net_gas_refund(spent, computation.get_gas_refund())
        return spent - refund + computation.data_floor_gas


def open_chain(chain_id: int, database: BaseDB) -> Chain:
    """py-evm's chain over a key-value store. It keeps no state of its own but small caches."""
    configuration = ConsensusApplier(NoProofConsensus).amend_vm_configuration(((0, DevVM),))
    kind = type("DevChain", (Chain,), {"vm_configuration": tuple(configuration), "chain_id": chain_id})
    chain = kind(AtomicDB(database))
    assert isinstance(chain, Chain)
    return chain


def write_genesis(chain: Chain, alloc: Sequence[Address], timestamp: int) -> BlockHeaderAPI:
    """Write block 0, which funds each account of `alloc` with `ALLOCATION`, into the chain's store."""
    fields: dict[str, Any] = {
        "coinbase": ZERO_ADDRESS,
        "difficulty": POST_MERGE_DIFFICULTY,
        "extra_data": b"",
        "gas_limit": GAS_LIMIT,
        "mix_hash": POST_MERGE_MIX_HASH,
        "nonce": POST_MERGE_NONCE,
        "timestamp": timestamp,
        "base_fee_per_gas": BASE_FEE,
    }
    funded: dict[Address, Any] = {
        account: {"balance": ALLOCATION, "nonce": 0, "code": b"", "storage": {}} for account in alloc
    }
    type(chain).from_genesis(chain.chaindb.db, fields, funded)
    return chain.get_canonical_head()


class Unrunnable(Exception):
    """py-evm itself failed on a transaction: neither valid nor invalid, and never to be tried again."""

    def __init__(self, transaction: SignedTransactionAPI) -> None:
        super().__init__(transaction.hash.hex())
        self.transaction = transaction


@dataclass
class Assembly:
    """A block under construction, and what became of each candidate."""

    vm: DevVM
    header: BlockHeaderAPI
    taken: list[SignedTransactionAPI] = field(default_factory=list)
    receipts: list[ReceiptAPI] = field(default_factory=list)
    refused: list[tuple[SignedTransactionAPI, str]] = field(default_factory=list)
    """Never valid any more, with the reason."""


def execute(chain: Chain, timestamp: int, candidates: Iterable[SignedTransactionAPI]) -> Assembly:
    """Run the candidates in order on top of the head; the block's time is never before its parent's.

    A candidate that does not fit this block, and what the same sender sent after it, is left for another one.
    Raises Unrunnable; nothing of the assembly may be used then.
    """
    parent = chain.get_canonical_head()
    header = chain.create_header_from_parent(
        parent, timestamp=max(timestamp, parent.timestamp), gas_limit=parent.gas_limit, coinbase=ZERO_ADDRESS
    )
    vm = chain.get_vm(header)
    assert isinstance(vm, DevVM)
    assembly = Assembly(vm, header)
    assembly.vm.block_preprocessing(assembly.vm.get_block())
    passed_over: set[Address] = set()
    for transaction in candidates:
        if transaction.sender in passed_over or not _apply(assembly, transaction):
            passed_over.add(transaction.sender)
    return assembly


def _apply(assembly: Assembly, transaction: SignedTransactionAPI) -> bool:
    header, state = assembly.header, assembly.vm.state
    if header.gas_used + transaction.gas > header.gas_limit:
        return False
    if transaction.max_fee_per_gas < base_fee(header):
        return False
    if state.get_balance(transaction.sender) < most_it_may_cost(transaction):
        assembly.refused.append((transaction, "the sender can no longer pay for it"))
        return False
    try:
        receipt, _ = assembly.vm.apply_transaction(header, transaction)
    except ValidationError as error:
        assembly.refused.append((transaction, str(error)))
        return False
    except (Broken, EVMMissingData):
        raise
    except Exception as error:
        # One transaction must not stop the chain. The state is torn, so the caller gives up this block.
        raise Unrunnable(transaction) from error
    header = assembly.vm.add_receipt_to_header(header, receipt)
    assembly.header = assembly.vm.increment_blob_gas_used(header, transaction)
    assembly.taken.append(transaction)
    assembly.receipts.append(receipt)
    return True


def finish(chain: Chain, assembly: Assembly) -> BlockAPI:
    """Complete the block (roots, requests hash); block, state and receipts go to the chain's store."""
    vm = assembly.vm
    block = vm.set_block_transactions_and_withdrawals(
        vm.get_block(), assembly.header, tuple(assembly.taken), tuple(assembly.receipts)
    )
    block = vm.mine_block(vm.block_postprocessing(block)).block
    chain.chaindb.persist_block(block)
    return block


def base_fee(header: BlockHeaderAPI) -> int:
    """Wei per gas that is burnt (EIP-1559); every block of this chain has it."""
    fee = header.base_fee_per_gas
    assert fee is not None
    return fee


def most_it_may_cost(transaction: SignedTransactionAPI) -> int:
    """Wei that the sender must own for the transaction to be valid (EIP-1559)."""
    return transaction.gas * transaction.max_fee_per_gas + transaction.value


def least_gas(transaction: SignedTransactionAPI) -> tuple[int, int]:
    """Gas below which a transaction is invalid: (intrinsic gas, calldata floor of EIP-7623).

    py-evm checks neither, and takes the price of init code (EIP-3860) only while executing.
    """
    size = len(transaction.data)
    zeros = transaction.data.count(0)
    init_code = 0 if transaction.to else 2 * ((size + 31) // 32)
    return transaction.get_intrinsic_gas() + init_code, 21_000 + 10 * (zeros + 4 * (size - zeros))
