"""Uploads: one answer per record, in order, and nothing answered before it is durable."""

import asyncio
from dataclasses import replace

import pytest

from tests.journey.scene import (
    FARM,
    FARM_KEY,
    MILL,
    MILL_KEY,
    NETWORK,
    NODE_KEY,
    OPERATOR,
    SALTS,
    START,
    codes,
    control,
    creator,
    damaged,
    event,
    settle,
    statement,
    whole,
)
from tracehold.core.control import Enrol, Mandate
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import NetworkId
from tracehold.core.keys import P256Key
from tracehold.core.limits import MAX_MESSAGE_BYTES
from tracehold.core.record import RESERVED_KINDS, event_header, parse, sign
from tracehold.journey.states import State
from tracehold.journey.upload import DISK_RESERVE_BYTES, Statement


async def test_records_are_sealed_in_order_with_a_receipt_each() -> None:
    """Indices follow on; each receipt is of its record."""
    async with creator() as made:
        records = [statement(at) for at in range(5)]
        outcomes = await made.upload(*records)
        assert [outcome.index for outcome in outcomes] == [3, 4, 5, 6, 7]
        assert [outcome.fingerprint for outcome in outcomes] == [parse(r.raw).fingerprint for r in records]
        assert all(outcome.receipt and outcome.state is State.SEALED for outcome in outcomes)
        assert await whole(made) == 8


async def test_the_same_bytes_again_get_the_same_answer() -> None:
    """In a later upload, and twice in one: one entry, equal answers, no warning."""
    async with creator() as made:
        record = statement(1)
        (first,) = await made.upload(record)
        again = await made.upload(record, record)
        assert again == [first, first]
        twice = await made.upload(*[statement(2)] * 1, record)
        assert twice[1].index == first.index
        fresh = statement(3)
        pair = await made.upload(fresh, fresh)
        assert pair[0] == pair[1]
        assert await whole(made) == 6


async def test_one_bad_record_in_ten_thousand_refuses_itself_only() -> None:
    """All others are sealed, in their order."""
    async with creator() as made:
        records = [statement(at, payload=b"{}", key=FARM_KEY) for at in range(3)]
        raw = [Statement(encode_small(at)) for at in range(9_997)]
        outcomes = await made.upload(*raw[:5000], *records, *raw[5000:], receipts=False)
        bad = [at for at, outcome in enumerate(outcomes) if outcome.error]
        assert bad == [5000, 5001, 5002]
        assert [o.index for o in outcomes if o.error is None] == list(range(3, 10_000))


def encode_small(number: int) -> bytes:
    """A record of a kind that is kept and not interpreted."""
    header = event_header(FARM_KEY.public, FARM, NETWORK, int(START), SALTS(16))
    return sign(replace(header, kind="text/plain"), number.to_bytes(4, "big"), FARM_KEY)


async def test_a_party_may_sign_with_p256() -> None:
    """ES256 for key vaults."""
    async with creator() as made:
        vault = P256Key.from_private_value(12345)
        await made.upload(control(Enrol(MILL, vault.public)))
        assert codes(await made.upload(statement(1, key=vault, party=MILL))) == [""]
        assert await whole(made) == 5


def long_form(item: Statement) -> Statement:
    """The statement with the length of its protected header in two bytes where one is enough."""
    assert item.raw[2] == 0x58
    return Statement(item.raw[:2] + b"\x59\x00" + item.raw[3:])


SCRIPT = event(1, item="javascript:alert(1)")
WRONG_DIGIT = event(1, item="https://id.gs1.org/01/09521000001238/21/7")
ENROL_MILL = Enrol(MILL, MILL_KEY.public)
BAD = [
    ("no COSE", Statement(b"not cbor at all"), "MALFORMED_COSE"),
    ("empty", Statement(b""), "MALFORMED_COSE"),
    ("over-size", Statement(b"\xd2\x84" + bytes(1 << 20)), "RECORD_TOO_LARGE"),
    ("non-deterministic CBOR", long_form(statement(1)), "NOT_DETERMINISTIC"),
    ("a turned bit in the signature", damaged(statement(1)), "BAD_SIGNATURE"),
    ("a key that is not enrolled", statement(1, key=MILL_KEY), "KEY_NOT_ENROLLED"),
    ("an unknown party", statement(1, key=MILL_KEY, party=MILL), "UNKNOWN_PARTY"),
    ("another party's key", statement(1, party=MILL), "UNKNOWN_PARTY"),
    ("another network", statement(1, network=NetworkId(b"\x08" * 32)), "WRONG_NETWORK"),
    ("broken JSON", statement(1, payload=b'{"type": '), "MALFORMED_JSON"),
    ("a repeated JSON key", statement(1, payload=b'{"type":"a","type":"b"}'), "MALFORMED_JSON"),
    ("JSON that is no event", statement(1, payload=b'{"hello": "world"}'), "NOT_EPCIS"),
    ("a script URI", statement(1, payload=SCRIPT), "BAD_URI"),
    ("a wrong check digit", statement(1, payload=WRONG_DIGIT), "BAD_CHECK_DIGIT"),
    ("an enrolment by a party", control(ENROL_MILL, key=FARM_KEY, party=FARM), "BAD_CONTROL"),
    ("a mandate by the operator", control(Mandate(OPERATOR), key=NODE_KEY), "BAD_CONTROL"),
]  # fmt: skip


@pytest.mark.parametrize(("item", "code"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
async def test_bad_input_refuses_itself_and_nothing_else(item: Statement, code: str) -> None:
    """Between two good records: its own code for the bad one, and the others are sealed."""
    async with creator() as made:
        outcomes = await made.upload(statement(8), item, statement(9))
        assert codes(outcomes) == ["", code, ""]
        assert outcomes[1].fingerprint is None
        assert outcomes[1].index is None
        assert await whole(made) == 5


async def test_all_or_nothing_seals_nothing_where_one_is_refused() -> None:
    """The others are BATCH_REFUSED, the bad one says why, and sending them alone works."""
    async with creator() as made:
        good = [statement(1), statement(2)]
        outcomes = await made.upload(good[0], damaged(statement(3)), good[1], all_or_nothing=True)
        assert codes(outcomes) == ["BATCH_REFUSED", "BAD_SIGNATURE", "BATCH_REFUSED"]
        assert await whole(made) == 3
        assert codes(await made.upload(*good, all_or_nothing=True)) == ["", ""]


async def test_a_low_disk_refuses_uploads_while_reads_go_on() -> None:
    """DISK_LOW under the reserve, and uploads resume by themselves."""
    free = [DISK_RESERVE_BYTES]
    async with creator(free_bytes=lambda: free[0]) as made:
        (first,) = await made.upload(statement(1))
        free[0] -= 1
        with pytest.raises(Unavailable, match="DISK_LOW"):
            await made.upload(statement(2))
        assert first.fingerprint is not None
        assert await made.store.entry(first.fingerprint) is not None
        free[0] += 1
        assert codes(await made.upload(statement(2))) == [""]


async def test_a_message_is_bounded_in_records_and_bytes() -> None:
    """Over a limit nothing is looked at."""
    async with creator() as made:
        with pytest.raises(Rejected, match="TOO_MANY_RECORDS"):
            await made.upload(*[statement(1)] * 10_001)
        with pytest.raises(Rejected, match="REQUEST_TOO_LARGE"):
            await made.upload(*[Statement(bytes(1 << 20))] * (MAX_MESSAGE_BYTES >> 20), Statement(b"x"))
        assert await made.upload() == []


async def test_a_deadline_loses_nothing_that_was_sealed() -> None:
    """FINAL does not come in time: DEADLINE, with index, receipt and the state reached; asking later
    works.
    """
    async with creator() as made:
        waiting = asyncio.ensure_future(
            made.upload(statement(1), statement(2), wait_for=State.FINAL, patience=5)
        )
        await settle()
        assert not waiting.done()
        await made.clock.pass_by(5)
        outcomes = await waiting
        assert codes(outcomes) == ["DEADLINE", "DEADLINE"]
        assert [(o.index, o.state, o.receipt is not None) for o in outcomes] == [
            (3, State.SEALED, True),
            (4, State.SEALED, True),
        ]


async def test_giving_up_waiting_does_not_undo_the_upload() -> None:
    """A client that went away: its record is sealed all the same."""
    async with creator() as made:
        record = statement(1)
        made.pause()
        upload = asyncio.ensure_future(made.upload(record))
        await settle()
        upload.cancel()
        await settle()
        made.resume()
        await settle()
        assert await made.store.find([parse(record.raw).fingerprint])
        assert await whole(made) == 4


async def test_what_is_noticed_about_an_event_is_told() -> None:
    """Tolerated sloppiness comes back as findings, and the record is sealed."""
    body = event(1).replace(b'"eventTimeZoneOffset":"+00:00",', b"")
    async with creator() as made:
        (outcome,) = await made.upload(statement(1, payload=body))
        assert outcome.error is None
        assert outcome.findings


@pytest.mark.parametrize("kind", sorted(RESERVED_KINDS))
async def test_a_reserved_kind_is_refused_before_its_rules_exist(kind: str) -> None:
    """Nobody can seal today what a later release would take as a redaction, a move or a rotation."""
    async with creator() as made:
        header = event_header(FARM_KEY.public, FARM, NETWORK, int(START), bytes(16))
        for key, party in ((FARM_KEY, FARM), (NODE_KEY, OPERATOR)):
            signed = replace(header, kind=kind, kid=key.public.kid, iss=party)
            (outcome,) = await made.upload(Statement(sign(signed, b"garbage", key)))
            assert outcome.error is not None
            assert (outcome.error.code, outcome.error.path) == ("BAD_CONTROL", "header.kind")
        assert await made.store.size(made.sealer.own.log) == 3


async def test_unknown_kinds_are_kept_as_they_are() -> None:
    """Never interpreted: any bytes."""
    async with creator() as made:
        assert codes(await made.upload(Statement(encode_small(7)))) == [""]
        assert await whole(made) == 4
