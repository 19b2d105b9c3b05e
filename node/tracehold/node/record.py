"""The node's own signed record: who runs it and where it is reached, as the contract publishes it."""

import os
import time

from eth_keys.datatypes import PrivateKey

from tracehold.adapters.keyfiles import certificate_der, read_ledger_key
from tracehold.config import Config
from tracehold.core.keys import SigningKey
from tracehold.core.noderecord import NodeRecord, sign_node_record
from tracehold.journey.own_log import OwnLog


def ledger_account(config: Config) -> bytes:
    """The address of the node's ledger key, 20 bytes. Raises `Rejected("BAD_CONFIG")`."""
    return PrivateKey(read_ledger_key(config.keys.ledger)).public_key.to_canonical_address()


def node_record(config: Config, own: OwnLog, enode: str, key: SigningKey | None = None) -> bytes:
    """The signed record of this node, as of now, or under the node key that it is to have. `enode` is that of
    the chain's node (`node.chain_node.enode_of`), empty where there is none to be told.
    """
    key = key or own.identity.key
    node = NodeRecord(
        node_key=key.public,
        operator=config.node.operator,
        log=own.log,
        grpc=config.grpc.listen,
        peer=config.peers.public or config.peers.listen,
        rest=config.rest.public_url or config.rest.listen,
        tls_leaf=certificate_der(config.keys.tls_certificate),
        account=ledger_account(config),
        enode=enode,
        issued_at=int(time.time()),
    )
    return sign_node_record(node, own.identity.network, os.urandom(16), key)
