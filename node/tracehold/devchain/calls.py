"""eth_call and eth_estimateGas: a message tried on a state and forgotten.

As in geth, a call costs nothing: base fee and gas price are 0 in it, and the sender must own only the value
that it sends. Each try works on a fresh state over a read-only store, so nothing of it can stay.
"""

from typing import cast

from eth.abc import ComputationAPI, SignedTransactionAPI, StateAPI
from eth.exceptions import InvalidInstruction, OutOfGas, Revert
from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth.vm.spoof import SpoofTransaction
from eth_typing import Address

from tracehold.devchain.admission import require_code_size
from tracehold.devchain.engine import DevVM, least_gas
from tracehold.devchain.errors import REVERTED, RpcError, refused
from tracehold.devchain.params import Call
from tracehold.devchain.view import BlockRef, View

TOLERANCE = 0.015
"""eth_estimateGas stops when its answer is at most this fraction above what is needed, as geth's does."""
STIPEND = 2300
"""Gas that a call with value gives its callee on top (yellow paper, G_callstipend)."""


def call(view: View, message: Call, at: BlockRef) -> bytes:
    """What the message returns on the state after a block.

    Raises RpcError 3 with the revert data, -32000 when it fails in another way; UnknownBlock.
    """
    trial = Trial(view, message, at)
    computation = trial.run(trial.limit)
    if computation is None:
        raise refused(f"intrinsic gas too low: gas {trial.limit}, minimum needed {trial.least}")
    _require_success(computation)
    return computation.output


def estimate(view: View, message: Call, at: BlockRef) -> int:
    """Gas with which the message succeeds on that state: tried, and at most 1.5 % above the least that would.

    What a run uses is not enough to run: refunds come at the end, and a callee gets at most 63/64 of what is
    left (EIP-150). So the answer is searched between the two.

    Raises as `call`; -32000 `gas required exceeds allowance` when block or funds do not give enough.
    """
    trial = Trial(view, message, at)
    high = trial.allowance
    if not message.data and trial.least <= high and trial.narrow(0, trial.least, high)[1] == trial.least:
        return trial.least  # a plain transfer
    computation = trial.run(high)
    if computation is None or (computation.is_error and isinstance(computation.error, OutOfGas)):
        raise refused(f"gas required exceeds allowance ({high})")
    _require_success(computation)
    low = max(DevVM.finalize_gas_used(trial.transaction(high), computation), trial.least) - 1
    guess = (high - computation.get_gas_remaining() + STIPEND) * 64 // 63
    if low < guess < high:
        low, high = trial.narrow(low, guess, high)
    while low + 1 < high and (high - low) / high > TOLERANCE:
        low, high = trial.narrow(low, (low + high) // 2, high)
    return high


class Trial:
    """One message on one state, to be run with more or less gas.

    Raises UnknownBlock, and RpcError -32000 for what no gas would make valid.
    """

    def __init__(self, view: View, message: Call, at: BlockRef) -> None:
        require_code_size(message.to, message.data)
        header = view.header(at)
        self._chain = view.chain
        self._message = message
        self._header = header.copy(base_fee_per_gas=0)
        state = self._state()
        self._nonce = state.get_nonce(message.sender)
        balance = state.get_balance(message.sender)
        if balance < message.value:
            raise refused("insufficient funds for transfer")
        self.limit = header.gas_limit if message.gas is None else min(message.gas, header.gas_limit)
        self.allowance = self.limit
        """As much gas as the block and, where a fee is named, the sender's funds give."""
        if message.fee_cap:
            self.allowance = min(self.limit, (balance - message.value) // message.fee_cap)
        self.least = max(least_gas(self.transaction(0)))

    def transaction(self, gas: int) -> SignedTransactionAPI:
        """The message as a free transaction with this gas."""
        unsigned = PragueTransactionBuilder.new_unsigned_dynamic_fee_transaction(
            chain_id=self._chain.chain_id,
            nonce=self._nonce,
            max_priority_fee_per_gas=0,
            max_fee_per_gas=0,
            gas=gas,
            to=self._message.to or Address(b""),
            value=self._message.value,
            data=self._message.data,
            access_list=(),
        )
        return cast(SignedTransactionAPI, SpoofTransaction(unsigned, from_=self._message.sender))

    def run(self, gas: int) -> ComputationAPI | None:
        """The message's outcome; None when any such transaction needs more gas to be valid at all."""
        if gas < self.least:
            return None
        return self._state().apply_transaction(self.transaction(gas))

    def narrow(self, low: int, middle: int, high: int) -> tuple[int, int]:
        """The half of (low, high] that holds the least sufficient gas."""
        computation = self.run(middle)
        failed = computation is None or computation.is_error
        return (middle, high) if failed else (low, middle)

    def _state(self) -> StateAPI:
        return self._chain.get_vm(self._header).state


def _require_success(computation: ComputationAPI) -> None:
    if not computation.is_error:
        return
    error = computation.error
    if isinstance(error, Revert):
        raise RpcError(REVERTED, "execution reverted", "0x" + computation.output.hex())
    if isinstance(error, OutOfGas):
        raise refused("out of gas")
    if isinstance(error, InvalidInstruction):
        raise refused("invalid opcode")
    raise refused("execution failed")
