"""The settings of callers without a token; they belong to `settings.Config`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StrangersSection:
    """Questions of callers without a token: the page about a package, and whatever else anybody may ask. They
    share these bounds, so that callers with a token are answered as if there were no others.
    """

    at_once: int = 8
    """Such questions answered at one time, dossiers half of them at most; more are refused with
    TOO_MANY_CALLS. Another node answers 16 questions of this one at one time: with more than that, strangers
    crowd out callers with a token there.
    """

    max_items: int = 5_000
    """Items that the answer to one may reach, of several asked about all together. A request for more is
    refused.
    """

    seconds: float = 60.0
    """Seconds that one may take, until its answer was taken; a dossier too."""
