"""What a holder answers, and to what it does not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.journey.audit_scene import ENTRIES, EPOCH_S, audit_scene
from tracehold.core.audit import (
    Asked,
    AskedChunk,
    AskedEntry,
    Between,
    EntryAnswer,
    Outcome,
    check_answer,
    told,
)
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.merkle import leaf_hash, root_from_inclusion
from tracehold.core.record import fingerprint
from tracehold.journey.audit_seed import Seeds
from tracehold.journey.ports.followed import Place

AUDITOR = LogId(b"\x0a" * 32)


def question(*entries: AskedEntry, chunks: tuple[AskedChunk, ...] = ()) -> Asked:
    """Of some epoch."""
    return Asked(EPOCH_S, 20_420, bytes(32), bytes(32), entries, chunks)


async def test_every_entry_is_answered_with_bytes_and_path_and_signed() -> None:
    """Under any size that is kept."""
    async with audit_scene(2) as it:
        creator, holder = it.nodes[1], it.nodes[2]
        for size in (1, 7, ENTRIES):
            asked = question(*(AskedEntry(creator.log, index, size) for index in range(size)))
            answered = await holder.challenged.challenge(AUDITOR, asked)
            root = {
                root_from_inclusion(leaf_hash(fingerprint(each.raw)), index, size, each.path)
                for index, each in enumerate(answered.entries)
            }
            assert len(root) == 1
            between = Between(holder.sealer.own.identity.network, AUDITOR, holder.log)
            answers = [*map(told, answered.entries)]
            check_answer(between, asked, answers, answered.signature, holder.key.public)


async def test_what_is_not_kept_is_missing() -> None:
    """Another log, an entry behind the copy, a size that the copy does not reach, an entry beyond the size.
    Pieces of attachments are not owed yet, and missing too.
    """
    async with audit_scene(2) as it:
        creator, holder = it.nodes[1], it.nodes[2]
        log = creator.log
        places = [
            AskedEntry(AUDITOR, 0, 1),
            AskedEntry(log, ENTRIES, ENTRIES + 1),
            AskedEntry(log, 3, ENTRIES + 1),
            AskedEntry(log, 9, 9),
            AskedEntry(log, 1 << 52, 1 << 53),
        ]
        asked = question(*places, chunks=(AskedChunk(Fingerprint(bytes(32)), 0),))
        answered = await holder.challenged.challenge(AUDITOR, asked)
        assert answered.entries == (EntryAnswer(missing=True),) * 5
        assert [each.missing for each in answered.chunks] == [True]
        assert holder.damaged == []


async def test_a_redacted_entry_is_answered_by_its_fingerprint() -> None:
    """With its path; the bytes are gone."""
    async with audit_scene(2) as it:
        creator, holder = it.nodes[1], it.nodes[2]
        (before,) = await holder.store.read(creator.log, 5, 6)
        await holder.store.erase(creator.log, 5)
        (answer,) = (
            await holder.challenged.challenge(AUDITOR, question(AskedEntry(creator.log, 5, ENTRIES)))
        ).entries
        assert (answer.erased, answer.raw) == (before.fingerprint, b"")
        assert answer.path


@pytest.mark.parametrize("count", [0, 129])
async def test_security_a_question_without_end_is_refused(count: int) -> None:
    """Nothing is read for it."""
    async with audit_scene(2) as it:
        asked = question(*[AskedEntry(it.nodes[1].log, 0, 1)] * count)
        with pytest.raises(Rejected) as refusal:
            await it.nodes[2].challenged.challenge(AUDITOR, asked)
        assert refusal.value.code == "BAD_REQUEST"


async def test_transcripts_are_given_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of one holder, each once; those of earlier epochs only where they are asked for."""
    async with audit_scene(2, 3) as it:
        creator, holder = it.nodes[1], it.nodes[2]
        epoch = 0
        for _ in range(3):
            epoch = await it.day()
            await creator.auditor.step()
        monkeypatch.setattr("tracehold.journey.challenged.ANSWER_BYTES", 1)
        found: list[bytes] = []
        after = 0
        while True:
            page = await creator.challenged.transcripts(holder.log, 0, after)
            assert len(page.transcripts) == 1
            found += page.transcripts
            if not page.after:
                break
            after = page.after
        assert found == [each.raw for each in await creator.transcripts.of(holder=holder.log)]
        assert len(found) == 3
        newest = await creator.challenged.transcripts(holder.log, epoch, 0)
        assert list(newest.transcripts) == found[2:]


async def test_what_failed_is_kept_as_evidence() -> None:
    """What passed, and nonces, are forgotten after a while."""
    async with audit_scene(2) as it:
        epoch = await it.day()
        creator, holder = it.nodes[1], it.nodes[2]
        await creator.auditor.step()
        kept = await creator.newest(holder)
        await creator.transcripts.save(replace(kept, outcome=Outcome.FAIL, raw=b"other"))
        await creator.transcripts.prune(epoch + 1)
        assert [each.outcome for each in await creator.transcripts.of()] == [Outcome.FAIL]
        assert await creator.transcripts.nonce(epoch) is None


class Blocks:
    """A chain of blocks with these times."""

    def __init__(self, times: list[int]) -> None:
        self.times, self.asked = times, 0

    async def place(self, number: int) -> Place | None:
        """The block at a height."""
        self.asked += 1
        return Place(number, bytes([number % 256]) * 32, bytes(32), self.times[number])

    async def changes(self, since: Place | None) -> None:
        """Nobody follows."""


@given(st.lists(st.integers(0, 400), min_size=1, max_size=60), st.integers(0, 60), st.integers(0, 5))
async def test_the_seed_is_of_the_first_final_block_of_the_epoch(
    steps: list[int], final: int, epoch: int
) -> None:
    """As a look at every block finds; of epochs of 100 seconds, some of which have no block at all."""
    times = [sum(steps[: at + 1]) for at in range(len(steps))]
    upto = min(final, len(times)) - 1

    async def last() -> int:
        return upto

    blocks = Blocks(times)
    found = await Seeds(blocks, last, 100).of(epoch)
    first = next((at for at in range(upto + 1) if times[at] >= 100 * epoch), None)
    assert (found.number if found else None) == first
    assert blocks.asked <= 8
