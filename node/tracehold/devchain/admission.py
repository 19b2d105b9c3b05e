"""What may enter the pool: everything about a raw transaction that does not depend on what else waits."""

from eth.abc import SignedTransactionAPI, StateAPI
from eth.constants import SECPK1_N
from eth.exceptions import PyEVMError
from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth_keys.exceptions import BadSignature
from eth_keys.exceptions import ValidationError as KeyValidationError
from eth_utils import ValidationError
from rlp.exceptions import RLPException

from tracehold.devchain.engine import GAS_LIMIT, least_gas, most_it_may_cost
from tracehold.devchain.errors import refused

MAX_BYTES = 131_072
"""As geth's pool: larger transactions do not travel."""
MAX_INIT_CODE = 49_152
"""EIP-3860."""

_UNREADABLE = (
    RLPException,
    ValidationError,
    KeyValidationError,
    BadSignature,
    PyEVMError,
    ValueError,
    TypeError,
    IndexError,
)


def decode(raw: bytes, chain_id: int) -> SignedTransactionAPI:
    """The signed transaction in these bytes: legacy with chain id, access list, or dynamic fee.

    Raises RpcError -32000 for anything else, and for a bad signature or another chain's id.
    """
    if len(raw) > MAX_BYTES:
        raise refused(f"oversized data: transaction size {len(raw)}, limit {MAX_BYTES}")
    if raw[:1] in {b"\x03", b"\x04"}:
        raise refused("transaction type not supported")
    try:
        transaction = PragueTransactionBuilder.decode(raw)
        canonical = transaction.encode()
        transaction.check_signature_validity()
        transaction.sender  # noqa: B018  recovered here, where a failure is expected, and kept
    except _UNREADABLE as error:
        raise refused("the transaction cannot be decoded, or its signature is not valid") from error
    if canonical != raw:
        raise refused("the transaction is not in canonical encoding")
    if transaction.s > SECPK1_N // 2:
        raise refused("the signature is not canonical: s is in the upper half (EIP-2)")
    _require_chain(transaction, chain_id)
    return transaction


def require_payable(transaction: SignedTransactionAPI, state: StateAPI) -> None:
    """Check nonce, gas, fees and funds against the newest state. Raises RpcError -32000 in geth's words."""
    require_nonce(transaction, state.get_nonce(transaction.sender))
    _require_gas(transaction)
    _require_fees(transaction)
    require_code_size(transaction.to, transaction.data)
    if state.get_code(transaction.sender):
        raise refused("sender not an eoa")  # EIP-3607
    balance, cost = state.get_balance(transaction.sender), most_it_may_cost(transaction)
    if balance < cost:
        raise refused(f"insufficient funds for gas * price + value: balance {balance}, tx cost {cost}")


def require_nonce(transaction: SignedTransactionAPI, mined: int) -> None:
    """Refuse a transaction whose place is taken; `mined` is the sender's nonce in the newest state."""
    if transaction.nonce < mined:
        raise refused(f"nonce too low: next nonce {mined}, tx nonce {transaction.nonce}")


def require_code_size(to: bytes | None, data: bytes) -> None:
    """Refuse a deployment whose init code is over the limit of EIP-3860."""
    if not to and len(data) > MAX_INIT_CODE:
        raise refused(f"max initcode size exceeded: code size {len(data)}, limit {MAX_INIT_CODE}")


def _require_chain(transaction: SignedTransactionAPI, chain_id: int) -> None:
    if transaction.chain_id is None:
        raise refused("only replay-protected (EIP-155) transactions allowed over RPC")
    if transaction.chain_id != chain_id:
        raise refused(f"invalid chain id for signer: have {transaction.chain_id} want {chain_id}")
    if transaction.nonce >= 2**64 - 1:
        raise refused("nonce has max value")  # EIP-2681


def _require_gas(transaction: SignedTransactionAPI) -> None:
    intrinsic, floor = least_gas(transaction)
    if transaction.gas > GAS_LIMIT:
        raise refused("exceeds block gas limit")
    if transaction.gas < intrinsic:
        raise refused(f"intrinsic gas too low: gas {transaction.gas}, minimum needed {intrinsic}")
    if transaction.gas < floor:
        raise refused(
            f"insufficient gas for floor data gas cost: gas {transaction.gas}, minimum needed {floor}"
        )


def _require_fees(transaction: SignedTransactionAPI) -> None:
    if transaction.max_priority_fee_per_gas > transaction.max_fee_per_gas:
        raise refused("max priority fee per gas higher than max fee per gas")
    if transaction.max_fee_per_gas >= 2**256 or transaction.value >= 2**256:
        raise refused("a fee or the value is over 256 bits")
