"""The node record: who runs a node, and where it is reached; signed by the node's own key
(docs/spec/node.md).

It has the form of a record and is published on the chain at enrolment, so that a newcomer finds endpoints and
certificates from the chain alone. It is no entry of a log.
"""

import re
from dataclasses import dataclass
from typing import Any

from tracehold.core import cbor, record
from tracehold.core.errors import Rejected
from tracehold.core.header import Audience, Header, Kind
from tracehold.core.ids import LogId, NetworkId
from tracehold.core.keys import Alg, PublicKey, SigningKey

MAX_TLS_LEAF = 1024
"""Bytes of the TLS certificate (DER)."""

_MAX_ITEMS = 64  # values in a payload; ours has 16
_ENDPOINT = re.compile(r"[!-~]{0,512}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """A node as it describes itself. Endpoints are host:port or URLs, empty where there is none; `issued_at`
    is in seconds since 1970; `account` is the ledger address.
    """

    node_key: PublicKey
    operator: str
    log: LogId
    grpc: str
    peer: str
    rest: str
    tls_leaf: bytes
    account: bytes
    enode: str
    issued_at: int


def sign_node_record(node: NodeRecord, network: NetworkId, salt: bytes, key: SigningKey) -> bytes:
    """The signed bytes. Raises what `parse_node_record` would say of them."""
    fields = [node.node_key.cose_key(), node.log, node.grpc, node.peer, node.rest]
    payload = cbor.encode(dict(enumerate([*fields, node.tls_leaf, node.account, node.enode], start=1)))
    header = Header(
        key.public.alg,
        Kind.NODE,
        key.public.kid,
        node.operator,
        network,
        node.issued_at,
        salt,
        Audience.PUBLIC,
    )
    raw = record.sign(header, payload, key)
    parse_node_record(raw, network)
    return raw


def parse_node_record(raw: bytes, network: NetworkId) -> NodeRecord:
    """The node record that `raw` is, its signature checked under the key that it names.

    Raises BAD_CONTROL for its kind, audience and payload, BAD_SIGNATURE, WRONG_NETWORK, and what
    `record.parse` raises.
    """
    parsed = record.parse(raw)
    if parsed.header.kind != Kind.NODE:
        raise Rejected("BAD_CONTROL", "this is no node record", path="header.kind")
    if parsed.header.aud != network:
        raise Rejected("WRONG_NETWORK", "the node belongs to another network", path="header.aud")
    if parsed.header.audience is not Audience.PUBLIC:
        raise Rejected("BAD_CONTROL", "a node record is for anyone to read", path="header.audience")
    node = _read(parsed)
    record.check_signature(parsed, node.node_key)
    return node


def _read(parsed: record.Record) -> NodeRecord:
    try:
        node = _node(cbor.decode(parsed.payload, _MAX_ITEMS), parsed.header)
    except Rejected as error:
        if error.code == "BAD_CONTROL":
            raise
        raise Rejected("BAD_CONTROL", error.message, path="payload") from error
    _check(node)
    return node


def _node(parts: Any, header: Header) -> NodeRecord:
    match parts:
        case {1: bytes(key), 2: bytes(log), 3: str(grpc), 4: str(peer), 5: str(rest), 6: bytes(leaf), **more}:
            match more:
                case {7: bytes(account), 8: str(enode), **others} if not others:
                    node_key = PublicKey.from_cose(key)
                    said = (grpc, peer, rest, leaf, account, enode)
                    return NodeRecord(node_key, header.iss, LogId(log), *said, header.iat)
    raise Rejected("BAD_CONTROL", "the payload is a map of the keys 1 to 8", path="payload")


def _check(node: NodeRecord) -> None:
    endpoints = (node.grpc, node.peer, node.rest, node.enode)
    sizes = len(node.log) == 32 and len(node.account) == 20 and len(node.tls_leaf) <= MAX_TLS_LEAF
    if not sizes or node.node_key.alg is not Alg.EDDSA or not all(map(_ENDPOINT.fullmatch, endpoints)):
        raise Rejected("BAD_CONTROL", "a field of the node record is out of its limits", path="payload")
