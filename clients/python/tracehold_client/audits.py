"""Transcripts of audits, recomputed from a chain of one's own choice, with no node (docs/spec/audit.md)."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from tracehold.core.anchorproof import ANCHORED_TOPIC
from tracehold.core.audit_transcript import Transcript, decode_transcript
from tracehold.core.audit_verdict import AuditView, NodeKey, Verdict, examine
from tracehold.core.custody import EPOCH_S, decode_custody
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId, NetworkId, Root
from tracehold.core.keys import Alg, PublicKey
from tracehold.core.owed import Anchored
from tracehold.core.record import parse
from tracehold.core.trie import keccak256
from tracehold_client.chain import (
    ask_contract,
    contract_address,
    final_number,
    read_bytes,
    read_log_data,
    read_number,
    unusable,
)
from tracehold_client.jsonrpc import JsonRpc

_WORD = 32
_NETWORK_ID = keccak256(b"networkId()")[:4]
_ENROLLED = keccak256(b"NodeEnrolled(uint32,uint32,address,bytes32,bytes32,uint8,bytes)")
_REPLACED = keccak256(b"NodeReplaced(uint32,address,bytes32,bytes)")


def verify_audit_with_rpc(
    raw: bytes, rpc_url: str, contract: str, *, epoch_s: int = EPOCH_S, timeout: float = 20.0
) -> Verdict:
    """The verdict of a transcript, all of it recomputed against the contract (0x and 40 digits) on the chain
    behind `rpc_url`. `epoch_s` are the seconds of an epoch in that network.

    Whether a redaction names a record that was answered as erased is not known here: such a place counts for
    nothing. Raises MALFORMED_PROOF where the bytes are no transcript; PROOF_INVALID and BAD_SIGNATURE where
    it is false; BAD_REQUEST for a malformed address, UNTRUSTED where no such contract is there,
    `Unavailable("CHAIN_DOWN")` where the chain gives no usable answer.
    """
    transcript, address = decode_transcript(raw), contract_address(contract)
    chain = _Chain(JsonRpc(rpc_url, timeout=timeout), address)
    block = chain.seed(transcript.epoch * epoch_s, transcript.block[0])
    members = chain.members()
    keys = {log: found for log, (_, found) in members.items()}
    nodes = {log: members[log][0] for log in _logs(transcript) if log in members}
    view = AuditView(chain.network(), epoch_s, block, keys, chain.anchors(nodes, block[0]))
    return examine(transcript, view)


def _logs(transcript: Transcript) -> set[LogId]:
    """Those whose anchors count. What the custody records say is looked up, not believed."""
    found = {transcript.auditor, transcript.holder}
    if transcript.custody is not None:
        try:
            found |= {run.log for run in decode_custody(parse(transcript.custody.record).payload).kept}
        except Rejected:
            pass  # `examine` says what is wrong with it
    return found


class _Chain:
    """Questions about one contract."""

    def __init__(self, rpc: JsonRpc, contract: bytes) -> None:
        self._rpc = rpc
        self._contract = contract

    def network(self) -> NetworkId:
        """The network of the contract."""
        return NetworkId(ask_contract(self._rpc, self._contract, _NETWORK_ID, 1))

    def seed(self, since: int, number: int) -> tuple[int, bytes]:
        """That block, number and hash, if it is the first of such a time, and final; else PROOF_INVALID."""
        if number > final_number(self._rpc):
            raise _false("the block of the epoch is not final")
        time, digest = self._block(number)
        if time < since or (number and self._block(number - 1)[0] >= since):
            raise _false("it is not the first block of the epoch")
        return number, digest

    def _block(self, number: int) -> tuple[int, bytes]:
        found = self._rpc.call("eth_getBlockByNumber", hex(number), False)
        if not isinstance(found, dict):
            raise _false("the chain has no such block")
        return read_number(found.get("timestamp")), read_bytes(found.get("hash"), 32)

    def members(self) -> dict[LogId, tuple[int, list[NodeKey]]]:
        """Number and node keys of every node, by its log: as the events told them, each key with the block
        that ended it.
        """
        logs: dict[int, LogId] = {}
        told: dict[int, list[tuple[int, bytes]]] = {}
        for entry in self._events([[_hex(_ENROLLED), _hex(_REPLACED)]], "latest"):
            node, data = _node(entry), read_log_data(entry)
            told.setdefault(node, []).append((read_number(entry["blockNumber"]), data[_WORD : 2 * _WORD]))
            if entry["topics"][0] == _hex(_ENROLLED):
                logs[node] = LogId(data[2 * _WORD : 3 * _WORD])
        return {log: (node, _keys(told[node])) for node, log in logs.items()}

    def anchors(self, nodes: Mapping[LogId, int], before: int) -> dict[LogId, list[Anchored]]:
        """Anchors of these logs in blocks before that final one."""
        found: dict[LogId, list[Anchored]] = {log: [] for log in nodes}
        named = {node: log for log, node in nodes.items()}
        wanted = [_hex(ANCHORED_TOPIC), [_hex(node.to_bytes(_WORD, "big")) for node in named]]
        for entry in self._events(wanted, hex(before - 1)) if before and named else ():
            data = read_log_data(entry)
            size, root = int.from_bytes(data[_WORD : 2 * _WORD], "big"), Root(data[2 * _WORD : 3 * _WORD])
            if _node(entry) in named:
                block = read_number(entry["blockNumber"])
                found[named[_node(entry)]].append(Anchored(size, root, block))
        return found

    def _events(self, topics: list[Any], upto: str) -> Iterable[Any]:
        address = _hex(self._contract)
        asked = {"fromBlock": "0x0", "toBlock": upto, "address": address, "topics": topics}
        found = self._rpc.call("eth_getLogs", asked)
        if not isinstance(found, list) or not all(map(_is_event, found)):
            raise unusable("a list of events")
        return found


def _keys(told: list[tuple[int, bytes]]) -> list[NodeKey]:
    """In the order of the chain. The same key told again ends nothing."""
    changes = [told[0], *(now for before, now in pairwise(told) if now[1] != before[1])]
    ends = [*(block for block, _ in changes[1:]), None]
    return [NodeKey(PublicKey(Alg.EDDSA, key), end) for (_, key), end in zip(changes, ends, strict=True)]


def _is_event(entry: Any) -> bool:
    """Of these contracts: a topic for the kind and one for the node."""
    return isinstance(entry, dict) and "blockNumber" in entry and len(entry.get("topics") or ()) >= 2


def _node(entry: Any) -> int:
    return read_number(entry["topics"][1])


def _hex(raw: bytes) -> str:
    return "0x" + raw.hex()


def _false(message: str) -> Rejected:
    return Rejected("PROOF_INVALID", message, path="transcript")
