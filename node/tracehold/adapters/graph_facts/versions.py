"""Versions of master data in one order, whatever log they stand in; and when a record was known."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from operator import itemgetter

from tracehold.core.ids import Fingerprint, LogId
from tracehold.journey.ports import MasterDataVersion


def merged(by_log: Mapping[LogId, Sequence[MasterDataVersion]]) -> list[MasterDataVersion]:
    """The versions of several logs, each in the order of its positions, in one order, each record once.

    Within a log the position decides. Between logs the time known does, and it is taken as never falling
    along a log, because an anchor's block is later than the checkpoints that it covers.
    """
    dated = [
        (known, log, version)
        for log, versions in by_log.items()
        for known, version in zip(_rising(versions), versions, strict=True)
    ]
    first: dict[Fingerprint, MasterDataVersion] = {}
    for _, _, version in sorted(dated, key=itemgetter(0, 1)):
        first.setdefault(version.fingerprint, version)
    return list(first.values())


def _rising(versions: Sequence[MasterDataVersion]) -> list[int]:
    return list(accumulate((version.known_ms or 0 for version in versions), max))


def earliest(times: Iterable[int | None]) -> int | None:
    """The earliest of the times that are known."""
    return min((time for time in times if time is not None), default=None)
