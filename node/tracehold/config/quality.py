"""The settings of what is found doubtful about events; they belong to `settings.Config`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class QualitySection:
    """What is doubtful about an event, given the others (docs/quality.md). It warns, and refuses nothing."""

    refuse: tuple[str, ...] = ()
    """Codes of findings that refuse an upload with QUALITY_REFUSED, as far as the index knows when it comes;
    uploads wait for the index then, and are refused while it is down. What is sealed already stays.
    """
