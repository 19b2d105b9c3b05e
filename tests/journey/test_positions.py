"""Who may speak is decided by position in the log, also within one message and one batch."""

import asyncio

from tests.journey.scene import (
    FARM_KEY,
    MILL,
    MILL_KEY,
    codes,
    control,
    creator,
    damaged,
    settle,
    statement,
    whole,
)
from tracehold.core.control import Enrol, Revoke


async def test_the_same_bytes_get_the_same_answer_after_their_key_was_revoked() -> None:
    """Looked up before checked: what was taken once is not refused later."""
    async with creator() as made:
        record = statement(1)
        (first,) = await made.upload(record)
        assert codes(await made.upload(control(Revoke(FARM_KEY.public.kid)))) == [""]
        (again,) = await made.upload(record)
        assert (again.index, again.error) == (first.index, None)


async def test_a_message_may_enrol_a_key_and_use_it() -> None:
    """Control records apply to the later entries of their own message, and not to the earlier ones."""
    async with creator() as made:
        enrol = control(Enrol(MILL, MILL_KEY.public))
        early, late = statement(1, key=MILL_KEY, party=MILL), statement(2, key=MILL_KEY, party=MILL)
        assert codes(await made.upload(early, enrol, late)) == ["UNKNOWN_PARTY", "", ""]
        assert await whole(made) == 5


async def test_a_forged_enrolment_lets_nobody_in() -> None:
    """An enrolment with a broken signature, and records of the key it would enrol, in one message: all
    refused.
    """
    async with creator() as made:
        forged = damaged(control(Enrol(MILL, MILL_KEY.public)))
        outcomes = await made.upload(forged, statement(1, key=MILL_KEY, party=MILL))
        assert codes(outcomes) == ["BAD_SIGNATURE", "UNKNOWN_PARTY"]
        assert await whole(made) == 3


async def test_a_back_dated_record_of_a_revoked_key_is_refused() -> None:
    """Position decides: whatever time the record claims, the key signs nothing after its revocation."""
    async with creator() as made:
        await made.upload(control(Revoke(FARM_KEY.public.kid)))
        assert codes(await made.upload(statement(1, iat=1))) == ["KEY_REVOKED"]


async def test_a_revocation_stops_records_that_were_checked_before_it() -> None:
    """Checked together, sealed after it: the position is checked again where it is final."""
    async with creator() as made:
        made.pause()
        uploads = [
            asyncio.ensure_future(made.upload(each))
            for each in (statement(1), control(Revoke(FARM_KEY.public.kid)), statement(2))
        ]
        await settle()
        made.resume()
        outcomes = [outcome for upload in uploads for outcome in await upload]
        assert codes(outcomes) == ["", "", "KEY_REVOKED"]
        assert await whole(made) == 5
