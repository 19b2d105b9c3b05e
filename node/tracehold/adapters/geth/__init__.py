"""The operator's own node of the chain, over the admin namespace of its JSON-RPC: geth's, and that of other
execution clients, which differ in details.

Whoever reaches that interface commands the node, so it is spoken to on this machine only: by the path of an
IPC socket, or a loopback address.
"""

from tracehold.adapters.geth.admin import ChainAdmin
from tracehold.adapters.geth.lines import Line, RpcRefusal, ask_socket, is_loopback, line_to

__all__ = ["ChainAdmin", "Line", "RpcRefusal", "ask_socket", "is_loopback", "line_to"]
