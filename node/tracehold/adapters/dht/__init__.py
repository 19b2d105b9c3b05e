"""Kademlia: ids, metric and k-buckets of the package `kademlia`, without its transport."""

from tracehold.adapters.dht.table import BUCKET, KademliaTable

__all__ = ["BUCKET", "KademliaTable"]
