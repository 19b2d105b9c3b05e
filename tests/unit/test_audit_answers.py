"""What is owed, what an answer may be, and what its signature covers."""

from dataclasses import replace

import pytest

from tests.audits import EPOCH_S, ERASED, NONCE, World
from tests.logs import NETWORK
from tracehold.core import merkle
from tracehold.core.audit import (
    AskedChunk,
    Between,
    ChunkAnswer,
    EntryAnswer,
    challenge_after_s,
    check_answer,
    seed_of,
    sign_answer,
    told,
)
from tracehold.core.custody import Custody, Run
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint, LogId, NetworkId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.owed import Anchored, owed
from tracehold.core.sampling import Owed

CREATOR, AUDITOR = LogId(b"\x0c" * 32), LogId(b"\x0a" * 32)
S = SEGMENT_ENTRIES


@pytest.fixture
def world():
    """A holder that keeps the whole log, and an auditor that does too."""
    return World()


def test_what_is_owed_ends_at_the_last_anchor_that_the_holder_reaches():
    """Per segment: in one that is shared, up to its last final anchor before the block that is not beyond
    what the holder says.
    """
    sizes = [(10, 1), (S, 2), (S + 5, 3), (S + 9, 4), (S + 20, 9)]
    anchors = {CREATOR: [Anchored(size, merkle.EMPTY_ROOT, block) for size, block in sizes]}

    def due(stop, kept, before=5, asking=AUDITOR):
        both = [
            Custody(1, 1, bytes(32), tuple(Run(CREATOR, *run) for run in runs))
            for runs in ([(0, stop)], kept)
        ]
        return owed(both[0], asking, both[1], anchors, before)

    first, second = Owed(CREATOR, 0, S, S), Owed(CREATOR, S, S + 9, S + 9)
    assert due(S + 12, [(0, 2 * S)]) == (first, second)
    assert due(S + 7, [(0, 2 * S)]) == (first, Owed(CREATOR, S, S + 5, S + 5))
    assert due(S + 12, [(0, 2 * S)], before=10) == (first, second)
    assert due(S + 12, [(0, 1)]) == (first,)
    assert due(S + 12, [(S, S + 1)]) == (second,)
    assert due(S - 1, [(0, S)]) == (Owed(CREATOR, 0, 10, 10),)
    assert due(S + 12, []) == ()
    assert due(S + 12, [], asking=CREATOR) == (first, second)
    assert due(9, [(0, S)]) == ()
    assert due(1 << 52, [(0, 1 << 52)], before=99) == (first, Owed(CREATOR, S, S + 20, S + 20))


@pytest.mark.parametrize(
    "answer",
    [
        EntryAnswer(),
        EntryAnswer(b"a", missing=True),
        EntryAnswer(b"a", ERASED),
        EntryAnswer(erased=ERASED, missing=True),
        EntryAnswer(erased=Fingerprint(b"short")),
        EntryAnswer(missing=True, path=(bytes(32),)),
        EntryAnswer(b"a", path=(bytes(31),)),
        EntryAnswer(b"a", path=(bytes(32),) * 65),
        ChunkAnswer(),
        ChunkAnswer(b"a", missing=True),
    ],
)
def test_an_answer_says_one_thing(answer):
    """With a path that can be one."""
    with pytest.raises(Rejected) as refusal:
        told(answer)
    assert refusal.value.code == "MALFORMED_PROOF"


def test_pieces_are_signed_behind_entries(world):
    """Each at its place; none, or more than were asked for, is refused."""
    question = replace(world.question(), chunks=(AskedChunk(ERASED, 0), AskedChunk(ERASED, 7)))
    answers = [*map(told, map(world.honest, question.entries)), told(ChunkAnswer(b"piece"))]
    key = world.holder.node_key
    signature = sign_answer(world.between, question, answers, key)
    check_answer(world.between, question, answers, signature, key.public)
    other = replace(question, chunks=(AskedChunk(ERASED, 1), *question.chunks[1:]))
    for asked, said in ((other, answers), (question, answers[:-1]), (question, []), (question, answers * 2)):
        with pytest.raises(Rejected):
            check_answer(world.between, asked, said, signature, key.public)


def test_every_part_of_the_seed_counts():
    """Network, epoch, block, nonce, auditor, holder."""
    between = Between(NETWORK, AUDITOR, CREATOR)
    seeds = {
        seed_of(between, 1, bytes(32), NONCE),
        seed_of(between, 2, bytes(32), NONCE),
        seed_of(between, 1, b"\x01" * 32, NONCE),
        seed_of(between, 1, bytes(32), bytes(32)),
        seed_of(replace(between, network=NetworkId(bytes(32))), 1, bytes(32), NONCE),
        seed_of(replace(between, auditor=LogId(bytes(32))), 1, bytes(32), NONCE),
        seed_of(replace(between, holder=LogId(bytes(32))), 1, bytes(32), NONCE),
    }
    assert len(seeds) == 7


def test_holders_are_asked_at_times_that_nobody_chooses():
    """In the first half of an epoch, spread out, another time each day."""
    times = {
        challenge_after_s(AUDITOR, LogId(bytes([at]) * 32), EPOCH_S, day)
        for at in range(9)
        for day in range(9)
    }
    assert len(times) > 75
    assert all(0 <= at < EPOCH_S // 2 for at in times)
    assert challenge_after_s(AUDITOR, CREATOR, 1, 1) == 0
