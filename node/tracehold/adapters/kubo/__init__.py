"""Blocks kept by a daemon of kubo (IPFS), over its RPC interface
(https://docs.ipfs.tech/reference/kubo/rpc).
"""

from tracehold.adapters.kubo.client import Daemon, KuboClient
from tracehold.adapters.kubo.dag import KuboDag
from tracehold.adapters.kubo.privacy import Privacy, Software, check_private, software

__all__ = ["Daemon", "KuboClient", "KuboDag", "Privacy", "Software", "check_private", "software"]
