"""The other nodes, over gRPC with mutual TLS."""

from tracehold.adapters.peers.peers import GrpcPeers, OwnPair

__all__ = ["GrpcPeers", "OwnPair"]
