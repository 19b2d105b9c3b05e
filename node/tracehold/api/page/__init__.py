"""The page for whoever holds a package: its way in plain words (docs/page.md)."""

from tracehold.api.page.desk import PageDesk

__all__ = ["PageDesk"]
