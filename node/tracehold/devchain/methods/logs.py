"""eth_getLogs."""

from dataclasses import dataclass
from typing import Any

from eth_typing import Hash32

from tracehold.devchain.errors import LIMIT, RpcError, bad_params
from tracehold.devchain.logindex import LogQuery, find_logs
from tracehold.devchain.methods.table import Context, Param, method
from tracehold.devchain.params import Parser, T, address, block_ref, field, hash32
from tracehold.devchain.shapes import Json, log_json
from tracehold.devchain.view import BlockRef, View

MAX_BLOCKS = 100_000
MAX_LOGS = 10_000
MAX_CHOICES = 1_000
"""Addresses, and topics per position, in one filter: as geth."""


@dataclass(frozen=True, slots=True)
class Filter:
    """The filter object; either one block by hash, or a range."""

    block: Hash32 | None
    first: BlockRef
    last: BlockRef
    addresses: tuple[bytes, ...]
    topics: tuple[tuple[bytes, ...], ...]


def log_filter(value: Any) -> Filter:
    """A filter object of eth_getLogs. Raises RpcError -32602."""
    if not isinstance(value, dict):
        raise bad_params("expected a filter object")
    block: Hash32 | None = field(value, "blockHash", hash32, None)
    if block is not None and (value.get("fromBlock") is not None or value.get("toBlock") is not None):
        raise bad_params("blockHash and a block range exclude each other")
    return Filter(
        block=block,
        first=field(value, "fromBlock", block_ref, "latest"),
        last=field(value, "toBlock", block_ref, "latest"),
        addresses=field(value, "address", lambda given: _choices(given, address), ()),
        topics=field(value, "topics", _topics, ()),
    )


def _topics(value: Any) -> tuple[tuple[bytes, ...], ...]:
    if not isinstance(value, list) or len(value) > 4:
        raise bad_params("expected at most 4 topics")
    return tuple(() if wanted is None else _choices(wanted, hash32) for wanted in value)


def _choices(value: Any, parse: Parser[T]) -> tuple[T, ...]:
    wanted = value if isinstance(value, list) else [value]
    if len(wanted) > MAX_CHOICES:
        raise bad_params(f"more than {MAX_CHOICES} choices")
    return tuple(parse(one) for one in wanted)


@method("eth_getLogs", Param("filter", log_filter))
def get_logs(context: Context, wanted: Filter) -> list[Json]:
    """The matching logs in chain order. Error -32005 when the range or the answer is too large."""
    first, last = _range(context.view, wanted)
    if last - first >= MAX_BLOCKS:
        raise RpcError(LIMIT, f"query spans more than {MAX_BLOCKS} blocks")
    query = LogQuery(first, last, wanted.addresses, wanted.topics)
    rows = find_logs(context.view.reader.connection, query, MAX_LOGS + 1)
    if len(rows) > MAX_LOGS:
        raise RpcError(LIMIT, f"query returned more than {MAX_LOGS} results")
    return [log_json(row) for row in rows]


def _range(view: View, wanted: Filter) -> tuple[int, int]:
    if wanted.block is not None:
        number = view.header(wanted.block).block_number
        return number, number
    # The head is read once: the answer is as of that block, whatever is sealed meanwhile.
    head = view.header("latest").block_number
    first, last = (_height(view, ref, head) for ref in (wanted.first, wanted.last))
    if first > last:
        raise bad_params("invalid block range: fromBlock is after toBlock")
    return first, min(last, head)


def _height(view: View, ref: BlockRef, head: int) -> int:
    if ref == "latest":
        return head
    return ref if isinstance(ref, int) else view.header(ref).block_number
