"""Blocks, transactions and receipts by number and hash."""

from eth.abc import BlockHeaderAPI
from eth.exceptions import TransactionNotFound
from eth_typing import Hash32

from tracehold.devchain.logindex import first_log_of
from tracehold.devchain.methods.table import Context, Param, method
from tracehold.devchain.mined import Mined
from tracehold.devchain.params import block_ref, boolean, hash32, quantity
from tracehold.devchain.shapes import Json, block_json, hexed, receipt_json, receipts_json, transaction_json
from tracehold.devchain.view import BlockRef, Place, UnknownBlock, View

_NUMBER = Param("block", block_ref)
_HASH = Param("blockHash", hash32)
_FULL = Param("full", boolean, False)
_INDEX = Param("index", quantity)
_TX = Param("transactionHash", hash32)


def _header(view: View, ref: BlockRef) -> BlockHeaderAPI | None:
    try:
        return view.header(ref)
    except UnknownBlock:
        return None


@method("eth_getBlockByNumber", _NUMBER, _FULL)
@method("eth_getBlockByHash", _HASH, _FULL)
def get_block(context: Context, ref: BlockRef, full: bool) -> Json | None:
    """The block, or null."""
    header = _header(context.view, ref)
    return None if header is None else block_json(context.view.block(header), full=full)


@method("eth_getBlockTransactionCountByNumber", _NUMBER)
@method("eth_getBlockTransactionCountByHash", _HASH)
def transaction_count(context: Context, ref: BlockRef) -> str | None:
    """How many transactions the block has, or null."""
    header = _header(context.view, ref)
    return None if header is None else hexed(len(context.view.block(header).transactions))


@method("eth_getTransactionByBlockNumberAndIndex", _NUMBER, _INDEX)
@method("eth_getTransactionByBlockHashAndIndex", _HASH, _INDEX)
def get_transaction_at(context: Context, ref: BlockRef, index: int) -> Json | None:
    """The transaction at a position, or null."""
    header = _header(context.view, ref)
    if header is None:
        return None
    try:
        transaction = context.view.transaction(Place(header, index))
    except TransactionNotFound:
        return None
    return transaction_json(transaction, header, index)


@method("eth_getTransactionByHash", _TX)
def get_transaction(context: Context, tx_hash: Hash32) -> Json | None:
    """The transaction, mined or waiting, or null.

    The pool is asked first: a transaction leaves it after its block is there to be read.
    """
    waiting = context.chain.pool.find(tx_hash)
    place = context.view.place(tx_hash)
    if place is not None:
        return transaction_json(context.view.transaction(place), place.header, place.index)
    return None if waiting is None else transaction_json(waiting, None, None)


@method("eth_getTransactionReceipt", _TX)
def get_receipt(context: Context, tx_hash: Hash32) -> Json | None:
    """The receipt of a mined transaction, or null."""
    view = context.view
    place = view.place(tx_hash)
    if place is None:
        return None
    before = view.receipt(Place(place.header, place.index - 1)).gas_used if place.index else 0
    logs_before = first_log_of(view.reader.connection, place.header.block_number, place.index)
    standing = Mined(place.header, place.index, before, logs_before)
    return receipt_json(view.transaction(place), view.receipt(place), standing)


@method("eth_getBlockReceipts", _NUMBER)
def get_receipts(context: Context, ref: BlockRef) -> list[Json] | None:
    """All receipts of a block in order, or null."""
    header = _header(context.view, ref)
    return (
        None if header is None else receipts_json(context.view.block(header), context.view.receipts(header))
    )
