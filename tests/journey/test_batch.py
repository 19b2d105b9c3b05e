"""What one seal does with the uploads that wait: places, repeats, and uploads that are taken whole or not at
all.
"""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.journey.scene import (
    FARM,
    FARM_KEY,
    MILL,
    MILL_KEY,
    NODE_KEY,
    OPERATOR,
    Creator,
    control,
    creator,
    statement,
)
from tracehold.core.control import Enrol, Mandate, Revoke
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint
from tracehold.core.keys import Ed25519Key
from tracehold.core.record import parse
from tracehold.journey.batch import Candidate, Place, Plan
from tracehold.journey.own_log import Identity, load_roster, reopen
from tracehold.journey.upload import Statement

SECOND_KEY = Ed25519Key.from_seed(b"two " * 8)
STATEMENTS = [
    control(Enrol(FARM, SECOND_KEY.public)),
    control(Enrol(MILL, MILL_KEY.public)),
    control(Revoke(FARM_KEY.public.kid)),
    control(Revoke(SECOND_KEY.public.kid), key=FARM_KEY, party=FARM),
    control(Revoke(MILL_KEY.public.kid, 2), key=MILL_KEY, party=MILL),
    control(Revoke(MILL_KEY.public.kid), key=FARM_KEY, party=FARM),
    control(Mandate(OPERATOR), key=MILL_KEY, party=MILL),
    control(Mandate(OPERATOR), key=SECOND_KEY, party=FARM),
    statement(1),
    statement(2, key=MILL_KEY, party=MILL),
    statement(3, key=SECOND_KEY),
]
JOBS = st.lists(
    st.tuples(st.booleans(), st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=4)), max_size=6
)


def candidates(*items: Statement) -> list[Candidate]:
    """The items as the checks pass them on."""
    return [Candidate(parse(item.raw)) for item in items]


async def replayed(made: Creator) -> dict[str, object]:
    """Who speaks, by the control records on disk."""
    return vars(await load_roster(made.store, made.sealer.own.log))


async def test_a_refused_upload_after_another_ones_control_record_enrols_nobody() -> None:
    """A revocation and a refused all-or-nothing upload in one batch: the upload's enrolment has no effect,
    on later records or at the next start.
    """
    async with creator() as made:
        await made.upload(control(Enrol(FARM, SECOND_KEY.public)))
        revoke = made.sealer.seal(
            candidates(control(Revoke(SECOND_KEY.public.kid), key=FARM_KEY, party=FARM))
        )
        refused = made.sealer.seal(
            candidates(control(Enrol(MILL, MILL_KEY.public)), statement(1, key=SECOND_KEY)), together=True
        )
        _, answers = await asyncio.gather(revoke, refused)
        assert [answer.code for answer in answers if isinstance(answer, Rejected)] == [
            "BATCH_REFUSED",
            "KEY_REVOKED",
        ]
        assert MILL not in made.sealer.own.roster.parties()
        (late,) = await made.sealer.seal(candidates(statement(2, key=MILL_KEY, party=MILL)))
        assert isinstance(late, Rejected)
        assert late.code == "UNKNOWN_PARTY"
        await reopen(made.store, Identity(OPERATOR, NODE_KEY, made.sealer.own.identity.network))


@settings(max_examples=60)
@given(JOBS)
def test_who_speaks_in_memory_is_who_speaks_by_the_disk(jobs: list[tuple[bool, list[Statement]]]) -> None:
    """After any uploads in one batch, taken or refused, whole or in part."""

    async def play() -> None:
        async with creator() as made:
            await asyncio.gather(
                *[made.sealer.seal(candidates(*items), together=together) for together, items in jobs]
            )
            assert vars(made.sealer.own.roster) == await replayed(made)

    asyncio.run(play())


async def test_what_another_log_received_is_no_repeat_here() -> None:
    """The record gets its own place, under its own fingerprint, and takes the key from nobody."""
    async with creator() as made:
        (wanted,) = candidates(statement(1))
        key, foreign = b"\x01" * 32, Fingerprint(b"\x66" * 32)
        plan = Plan(made.sealer.own, 0, {}, {key: foreign})
        places = plan.admit([Candidate(wanted.record, key)] * 2, together=False)
        assert places == [Place(wanted.record.fingerprint, made.sealer.own.size)] * 2
        assert [entry.received for entry in plan.entries] == [None]
