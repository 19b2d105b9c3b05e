"""A roster as a node builds it, for tests of who may speak."""

import pytest

from tests.logs import (
    FARM,
    FARM_KEY,
    NETWORK,
    Log,
    header,
)
from tracehold.core import record
from tracehold.core.errors import Rejected
from tracehold.core.ids import NetworkId
from tracehold.core.keys import Ed25519Key, SigningKey
from tracehold.core.record import Record
from tracehold.core.roster import Roster

SECOND_KEY = Ed25519Key.from_seed(b"\x05" * 32)


def roster(log: Log | None = None) -> Roster:
    """The roster after all control records of the log, each admitted as a node admits it."""
    log = log or Log()
    found = Roster.from_header(record.parse(log.entries[0]))
    for index, raw in enumerate(log.entries):
        admit(found, index, raw)
    return found


def admit(found: Roster, index: int, raw: bytes) -> None:
    """Check and apply one record, as every replay does."""
    parsed = record.parse(raw)
    record.check_signature(parsed, found.check(parsed, index))
    found.apply(index, parsed)


def event(key: SigningKey = FARM_KEY, iss: str = FARM, network: NetworkId = NETWORK) -> Record:
    """An event of this key for this party."""
    return record.parse(record.sign(header(key, iss, network=network), b"{}", key))


def refused(found: Roster, index: int, raw: bytes) -> str:
    """The code with which the control record is refused; the roster must not have changed."""
    before = vars(found.copy())
    with pytest.raises(Rejected) as refusal:
        admit(found, index, raw)
    assert vars(found) == before
    return refusal.value.code


def check(found: Roster, parsed: Record, index: int) -> str:
    """The code with which a record is refused at a position."""
    with pytest.raises(Rejected) as refusal:
        found.check(parsed, index)
    return refusal.value.code
