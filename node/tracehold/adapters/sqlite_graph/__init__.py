"""The default graph: the standard library's SQLite, nothing to install or to run beside the node."""

from tracehold.adapters.sqlite_graph.graph import SqliteGraph

__all__ = ["SqliteGraph"]
