"""tracehold: signed supply-chain events, kept together, anchored on a chain, and provable by anyone."""

__version__ = "0.1.0"
