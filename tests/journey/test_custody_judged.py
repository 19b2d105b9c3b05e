"""Custody records in the logs of others: judged by every holder; and refused by every creator."""

from dataclasses import replace

import pytest

from tests.audits import EPOCH, EPOCH_S, custody_record, node
from tests.journey.scene import FARM, FARM_KEY, NODE_KEY, OPERATOR, SALTS, codes, creator, statement
from tests.journey.scene import NETWORK as HERE
from tests.logs import FARM as OTHER_FARM
from tests.logs import FARM_KEY as OTHER_KEY
from tests.logs import Log, header
from tracehold.core.custody import Custody, Run, encode_custody
from tracehold.core.header import Kind
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.keys import SigningKey
from tracehold.core.record import event_header, parse, sign
from tracehold.core.roster import Roster
from tracehold.core.snapshot import RULES_VERSION, Listed
from tracehold.journey.judge import Judge, arrived
from tracehold.journey.ports import Dispute, Sent
from tracehold.journey.upload import Statement

SAYS = Custody(EPOCH_S, EPOCH, bytes(32), (Run(LogId(b"\x0a" * 32), 0, 9),))


async def judged(log: Log, *raws: bytes) -> list[str]:
    """The code of each of these entries, "" where nothing is wrong."""
    entries = [arrived(Sent(raw, Fingerprint(bytes(32)))) for raw in [*log.entries[1:], *raws]]
    roster, listed = Roster.from_header(parse(log.entries[0])), Listed()
    found = {each.index: each for each in await Judge().judge(roster, listed, 1, entries)}
    assert all(each.rules == RULES_VERSION for each in found.values())
    first = len(log.entries)
    return [found.get(first + at, Dispute(0, "", 0)).code for at in range(len(raws))]


async def test_a_nodes_own_custody_record_is_good() -> None:
    """Signed with its node key, for its operator."""
    log = node(12)
    assert await judged(log, custody_record(log, SAYS)) == [""]


def signed(key: SigningKey, party: str, payload: bytes) -> bytes:
    """A custody record of anybody."""
    return sign(header(key, party, Kind.CUSTODY), payload, key)


async def test_security_a_custody_record_that_a_party_signed_is_disputed() -> None:
    """Or the node in a party's name; or one that lists what cannot be. Entries behind it are judged on."""
    log, payload = node(12), encode_custody(SAYS)
    false = [
        signed(OTHER_KEY, OTHER_FARM, payload),
        signed(log.node_key, OTHER_FARM, payload),
        signed(log.node_key, log.operator, b"garbage"),
        custody_record(log, replace(SAYS, kept=(Run(LogId(bytes(32)), 1, 2),))),
    ]
    good = custody_record(log, replace(SAYS, epoch=EPOCH + 1))
    assert await judged(log, *false, good) == ["BAD_CONTROL"] * 4 + [""]


@pytest.mark.parametrize(("key", "party"), [(FARM_KEY, FARM), (NODE_KEY, OPERATOR)])
async def test_security_nobody_uploads_a_custody_record(key: SigningKey, party: str) -> None:
    """Not with the node key either: what a node keeps is what its disk says."""
    async with creator() as made:
        said = replace(event_header(key.public, party, HERE, 1_790_000_000, SALTS(16)), kind=Kind.CUSTODY)
        refused = Statement(sign(said, encode_custody(SAYS), key))
        assert codes(await made.upload(refused, statement(1))) == ["BAD_CONTROL", ""]
        assert await made.store.size(made.sealer.own.log) == 4
