"""The graph on a Neo4j server: the same answers as the embedded one, and open to analysts' own queries."""

from tracehold.adapters.neo4j_graph.connection import Server
from tracehold.adapters.neo4j_graph.graph import Neo4jGraph

__all__ = ["Neo4jGraph", "Server"]
