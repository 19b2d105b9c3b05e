"""The other nodes, over gRPC with mutual TLS."""

from tracehold.adapters.peers.peers import GrpcPeers, OwnPair
from tracehold.adapters.peers.talk import GrpcTalk

__all__ = ["GrpcPeers", "GrpcTalk", "OwnPair"]
