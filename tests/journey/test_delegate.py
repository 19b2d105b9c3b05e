"""Delegated uploads: the creator signs for a party, each event once."""

import asyncio

import pytest

from tests.journey.scene import (
    FARM,
    MILL,
    NODE_KEY,
    creator,
    event,
    whole,
)
from tracehold.core.record import Audience, Kind, parse
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
