"""Delegated uploads: the creator signs for a party, each event once."""

import asyncio
import json
from typing import Any

import pytest

from tests.journey.scene import (
    FARM,
    MILL,
    NETWORK,
    NODE_KEY,
    OPERATOR,
    SALTS,
    creator,
    event,
    whole,
)
from tracehold.core.record import Audience, Kind, parse
from tracehold.journey.batch import Candidate
from tracehold.journey.delegate import Delegation, bytes_key, received_key
from tracehold.journey.own_log import Identity
from tracehold.journey.upload import Delegated


async def test_a_delegated_event_is_signed_by_the_creator_once() -> None:
    """The same event again is not signed again: the first fingerprint, marked as a duplicate."""
    async with creator() as made:
        item = Delegated(MILL, event(1), audience=Audience.PARTIES)
        (first,) = await made.upload(item)
        again = await made.upload(item, item)
        assert not first.duplicate
        assert [(o.fingerprint, o.index, o.duplicate) for o in again] == [(first.fingerprint, 3, True)] * 2
        (entry,) = await made.store.read(made.sealer.own.log, 3, 4)
        header = parse(entry.raw).header
        assert (header.iss, header.kid, header.audience) == (MILL, NODE_KEY.public.kid, Audience.PARTIES)
        assert await whole(made) == 4


async def test_the_same_delegated_event_at_once_is_sealed_once() -> None:
    """Two uploads that look before either is sealed: the sealer drops the second."""
    async with creator() as made:
        both = await asyncio.gather(
            made.upload(Delegated(MILL, event(1))), made.upload(Delegated(MILL, event(1)))
        )
        (first,), (second,) = both
        assert first.fingerprint == second.fingerprint
        assert sorted([first.duplicate, second.duplicate]) == [False, True]
        assert await whole(made) == 4


async def test_the_same_payload_of_two_parties_is_two_statements() -> None:
    """The idempotency key holds the party."""
    async with creator() as made:
        outcomes = await made.upload(Delegated(MILL, event(1)), Delegated(FARM, event(1)))
        assert [outcome.duplicate for outcome in outcomes] == [False, False]
        assert outcomes[0].fingerprint != outcomes[1].fingerprint


def spelled(**fields: Any) -> bytes:
    """event(1) with fields written otherwise, as indented JSON; a field given as None is left out."""
    whole_ = {**json.loads(event(1)), **fields}
    return json.dumps({name: value for name, value in whole_.items() if value is not None}, indent=1).encode()


SAME = {
    "white space": spelled(),
    "members in another order": json.dumps(dict(reversed(json.loads(event(1)).items()))).encode(),
    "a link of a shop": spelled(epcList=["https://shop.example/de/01/09521000001237/21/7?lang=de"]),
    "the canonical link": spelled(epcList=["https://id.gs1.org/01/09521000001237/21/7"]),
    "another zone": spelled(eventTime="2026-03-01T12:00:00+02:00"),
    "the step as URN": spelled(bizStep="urn:epcglobal:cbv:bizstep:shipping"),
    "the step as web address": spelled(bizStep="https://ref.gs1.org/cbv/BizStep-shipping"),
    "recorded meanwhile": spelled(recordTime="2026-03-01T10:00:05.000Z"),
    "empty lists": spelled(quantityList=[], sourceList=[]),
}


@pytest.mark.parametrize("name", SAME)
async def test_another_spelling_of_a_delegated_event_is_a_duplicate(name: str) -> None:
    """It is not signed again: the first fingerprint, marked as a duplicate, in one upload or two."""
    async with creator() as made:
        (first,) = await made.upload(Delegated(MILL, event(1)))
        (again,) = await made.upload(Delegated(MILL, SAME[name]))
        assert (again.fingerprint, again.index, again.duplicate) == (first.fingerprint, 3, True)
        assert await whole(made) == 4


async def test_spellings_in_one_upload_are_sealed_once() -> None:
    """Neither was sealed when the other was looked up: the sealer drops all but the first."""
    async with creator() as made:
        items = [Delegated(MILL, payload) for payload in SAME.values()]
        outcomes = await made.upload(*items)
        assert {outcome.fingerprint for outcome in outcomes} == {outcomes[0].fingerprint}
        assert [outcome.duplicate for outcome in outcomes] == [False] + [True] * (len(items) - 1)
        assert await whole(made) == 4


DECLARED = {"declarationTime": "2026-03-02T10:00:00.000Z", "reason": "incorrect_data"}
CORRECTED = {**DECLARED, "correctiveEventIDs": ["urn:x:1"]}
OTHER = {
    "another eventID": spelled(eventID="urn:uuid:00000000-0000-4000-8000-0000000000ff"),
    "no eventID": spelled(eventID=None),
    "its error declaration": spelled(errorDeclaration=DECLARED),
    "a declaration with another reason": spelled(errorDeclaration={**DECLARED, "reason": "did_not_occur"}),
    "a declaration with a correction": spelled(errorDeclaration=CORRECTED),
    "a piece more": spelled(epcList=[f"urn:epc:id:sgtin:9521000.000123.{at}" for at in (7, 8)]),
    "a microsecond later": spelled(eventTime="2026-03-01T10:00:00.000001Z"),
    "lot 7": spelled(action="ADD", ilmd={"cbvmda:lotNumber": "7"}),
    "lot 007": spelled(action="ADD", ilmd={"cbvmda:lotNumber": "007"}),
    "another zone of local time": spelled(eventTimeZoneOffset="+01:00"),
}  # fmt: skip


async def test_what_states_something_else_is_sealed() -> None:
    """A declaration is not swallowed by its event, nor a correction by what it corrects."""
    async with creator() as made:
        items = [Delegated(MILL, payload) for payload in (event(1), *OTHER.values())]
        outcomes = await made.upload(*items)
        assert [(outcome.error, outcome.duplicate) for outcome in outcomes] == [(None, False)] * len(items)
        assert await whole(made) == 3 + len(items)


async def test_an_event_received_under_its_bytes_is_still_known() -> None:
    """Logs of earlier releases keep their keys: the same bytes are not signed again."""
    async with creator() as made:
        item = Delegated(MILL, event(1))
        delegation = Delegation(Identity(OPERATOR, NODE_KEY, NETWORK), made.clock.now, SALTS)
        older = Candidate(delegation.sign(item), bytes_key(item))
        await made.sealer.seal([older])
        (again,) = await made.upload(item)
        assert again.duplicate
        assert again.fingerprint == older.record.fingerprint


def test_what_is_no_event_counts_by_its_bytes() -> None:
    """Master data, and what cannot be read, have the key of their bytes."""
    for item in (
        Delegated(MILL, b"{"),
        Delegated(MILL, b"[]"),
        Delegated(MILL, event(1), kind=Kind.MASTERDATA),
        Delegated("urn:x:\ud800", b"\xff"),
    ):
        assert received_key(item) == bytes_key(item)
    assert received_key(Delegated(MILL, event(1))) != bytes_key(Delegated(MILL, event(1)))


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (Delegated(MILL, b"[]"), "NOT_EPCIS"),
        (Delegated("javascript:alert(1)", event(1)), "BAD_HEADER"),
        (Delegated(MILL, event(1), kind=Kind.ENROL), "BAD_REQUEST"),
        (Delegated(MILL, event(1) + b" " * (1 << 20)), "RECORD_TOO_LARGE"),
        (Delegated("urn:x:\ud800", event(1)), "BAD_HEADER"),
    ],
)
async def test_a_bad_delegated_event_is_not_signed(item: Delegated, code: str) -> None:
    """Checked before the node key touches it; a control record is never signed for a caller."""
    async with creator() as made:
        (outcome,) = await made.upload(item)
        assert outcome.error is not None
        assert outcome.index is None
        assert outcome.error.code == code
        assert await whole(made) == 3
