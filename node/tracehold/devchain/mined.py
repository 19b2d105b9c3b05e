"""A transaction in its block: what its receipt alone does not say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eth.abc import BlockAPI, BlockHeaderAPI, ReceiptAPI, SignedTransactionAPI

from tracehold.devchain.logindex import LogRow


@dataclass(frozen=True, slots=True)
class Mined:
    """A place in a block, and what stands before it there: gas used and number of logs."""

    header: BlockHeaderAPI
    index: int
    gas_before: int
    logs_before: int


def mined(
    block: BlockAPI, receipts: Sequence[ReceiptAPI]
) -> Iterator[tuple[SignedTransactionAPI, ReceiptAPI, Mined]]:
    """The transactions of a block with their receipts and places."""
    gas_before, logs_before = 0, 0
    for index, (transaction, receipt) in enumerate(zip(block.transactions, receipts, strict=True)):
        yield transaction, receipt, Mined(block.header, index, gas_before, logs_before)
        gas_before, logs_before = receipt.gas_used, logs_before + len(receipt.logs)


def log_rows(transaction: SignedTransactionAPI, receipt: ReceiptAPI, place: Mined) -> list[LogRow]:
    """The event logs of one receipt where they stand."""
    rows = []
    for offset, log in enumerate(receipt.logs):
        topics = [topic.to_bytes(32, "big") for topic in log.topics]
        first, second, third, fourth = [*topics, None, None, None, None][:4]
        row = LogRow(
            block=place.header.block_number,
            log=place.logs_before + offset,
            tx=place.index,
            address=log.address,
            topic0=first,
            topic1=second,
            topic2=third,
            topic3=fourth,
            data=log.data,
            tx_hash=transaction.hash,
            block_hash=place.header.hash,
        )
        rows.append(row)
    return rows


def block_log_rows(block: BlockAPI, receipts: Sequence[ReceiptAPI]) -> list[LogRow]:
    """The event logs of a block, numbered through it."""
    return [row for entry in mined(block, receipts) for row in log_rows(*entry)]
