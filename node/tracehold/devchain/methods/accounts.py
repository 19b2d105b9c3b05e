"""Accounts and messages on a state: the newest, or that after any earlier block."""

from eth_typing import Address

from tracehold.devchain import calls
from tracehold.devchain.methods.table import Context, Param, method
from tracehold.devchain.params import Call, address, block_ref, call, data, no_overrides, quantity
from tracehold.devchain.shapes import hexed
from tracehold.devchain.view import BlockRef

_WHO = Param("address", address)
_AT = Param("block", block_ref, "latest")
_MESSAGE = Param("call", call)
_STATE_OVERRIDES = Param("stateOverrides", no_overrides, None)
_BLOCK_OVERRIDES = Param("blockOverrides", no_overrides, None)


def _count_at(value: object) -> BlockRef | str:
    return "pending" if value == "pending" else block_ref(value)


@method("eth_getBalance", _WHO, _AT)
def get_balance(context: Context, who: Address, at: BlockRef) -> str:
    """Wei."""
    return hexed(context.view.state(at).get_balance(who))


@method("eth_getCode", _WHO, _AT)
def get_code(context: Context, who: Address, at: BlockRef) -> str:
    """The contract's code, or 0x."""
    return hexed(context.view.state(at).get_code(who))


@method("eth_getStorageAt", _WHO, Param("slot", quantity), _AT)
def get_storage_at(context: Context, who: Address, slot: int, at: BlockRef) -> str:
    """32 bytes of a slot."""
    return hexed(context.view.state(at).get_storage(who, slot).to_bytes(32, "big"))


@method("eth_getTransactionCount", _WHO, Param("block", _count_at, "latest"))
def get_transaction_count(context: Context, who: Address, at: BlockRef | str) -> str:
    """The next nonce; `pending` counts what waits in the pool."""
    if at == "pending":
        return hexed(
            context.chain.pool.next_nonce(who, lambda sender: context.view.state("latest").get_nonce(sender))
        )
    return hexed(context.view.state(at).get_nonce(who))  # type: ignore[arg-type]  # the other name is handled


@method("eth_call", _MESSAGE, _AT, _STATE_OVERRIDES, _BLOCK_OVERRIDES)
def eth_call(context: Context, message: Call, at: BlockRef, *_: None) -> str:
    """What the message returns; error 3 with the revert data when it reverts."""
    return hexed(calls.call(context.view, message, at))


@method("eth_estimateGas", _MESSAGE, _AT, _STATE_OVERRIDES, _BLOCK_OVERRIDES)
def estimate_gas(context: Context, message: Call, at: BlockRef, *_: None) -> str:
    """Gas with which the message succeeds."""
    return hexed(calls.estimate(context.view, message, at))


@method("eth_sendRawTransaction", Param("transaction", data))
def send_raw_transaction(context: Context, raw: bytes) -> str:
    """Take a signed transaction into the pool; its hash."""
    return hexed(context.chain.submit(raw, context.view))
