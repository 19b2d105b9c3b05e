"""The settings of audits; they belong to `settings.Config`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSection:
    """Audits between nodes (docs/spec/audit.md): this node shows that it keeps what it says, and asks
    others.
    """

    samples: int = 46
    """Entries that each other holder is asked for in an epoch. 0: this node seals no custody records, asks
    nobody, and answers nobody; its co-holders then find it contained.
    """

    epoch_s: int = 86_400
    """Seconds of an epoch, the same at all nodes of a network. Danger: another value than the other nodes'
    makes this node one that keeps nothing. Shorter ones are for laboratories.
    """

    window_s: float = 600.0
    """Seconds that a holder gets to answer, and between two questions to one that did not."""

    keep_epochs: int = 30
    """Epochs for which transcripts are kept. Those of failed audits stay."""
