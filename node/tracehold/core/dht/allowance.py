"""Token buckets of the directory."""

from tracehold.core.allowance import Allowance

__all__ = ["Allowance"]
