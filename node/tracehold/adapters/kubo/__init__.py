"""Blocks kept by a daemon of kubo (IPFS), over its RPC interface
(https://docs.ipfs.tech/reference/kubo/rpc).
"""

from tracehold.adapters.kubo.client import Daemon, KuboClient
from tracehold.adapters.kubo.dag import KuboDag
from tracehold.adapters.kubo.privacy import check_private

__all__ = ["Daemon", "KuboClient", "KuboDag", "check_private"]
