"""Audits between nodes: what is asked, what is kept of it, and what comes of honest and other holders."""

from dataclasses import replace

import pytest

from tests.journey.audit_scene import ENTRIES, EPOCH_S, AuditScene, Node, audit_scene
from tracehold.core.audit import Answered, Asked, Between, EntryAnswer, Outcome, sign_answer, told
from tracehold.core.audit_transcript import decode_transcript
from tracehold.core.audit_verdict import AuditView, examine
from tracehold.core.custody import decode_custody
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.record import parse
from tracehold.journey.audit_day import keys_of
from tracehold.journey.ports import Found


async def everybody(it: AuditScene) -> None:
    """Each node looks once."""
    for node in it.nodes.values():
        await node.auditor.step()


async def test_everybody_who_shares_a_segment_audits_the_other() -> None:
    """The creator both holders, and these each other; nobody the creator, who holds nothing of others."""
    async with audit_scene(2, 3) as it:
        await it.day()
        await everybody(it)
        pairs = {
            (node.number, kept.node): kept.outcome
            for node in it.nodes.values()
            for kept in await node.transcripts.of()
        }
        assert pairs == dict.fromkeys([(1, 2), (1, 3), (2, 3), (3, 2)], Outcome.PASS)
        await everybody(it)
        assert sum([len(await node.transcripts.of()) for node in it.nodes.values()]) == 4


async def test_a_transcript_is_recomputed_from_the_chain_alone() -> None:
    """By somebody who knows neither node."""
    async with audit_scene(2) as it:
        epoch = await it.day()
        await everybody(it)
        auditor, holder = it.nodes[1], it.nodes[2]
        kept = await auditor.newest(holder)
        assert (kept.epoch, kept.places, kept.failed) == (epoch, 46, ())
        found = examine(decode_transcript(kept.raw), await view(it, auditor, holder, epoch))
        assert found.outcome is Outcome.PASS
        assert {place.log for place in found.places} == {auditor.log}


async def view(it: AuditScene, auditor: Node, holder: Node, epoch: int) -> AuditView:
    """From the chain."""
    sources = auditor.auditor._sources
    block = await sources.seeds.of(epoch)
    assert block is not None
    anchors = await sources.anchors([auditor.log, holder.log], await sources.members(), block)
    keys = {node.log: keys_of(node.member) for node in (auditor, holder)}
    network = auditor.sealer.own.identity.network
    return AuditView(network, EPOCH_S, (block.number, block.hash), keys, anchors)


async def test_a_holder_that_lost_a_record_fails_and_its_scrubber_is_told() -> None:
    """It answers what its disk has, and mends nothing first."""
    async with audit_scene(2) as it:
        await it.day()
        creator, holder = it.nodes[1], it.nodes[2]
        lose(holder, creator.log, range(ENTRIES))
        await creator.auditor.step()
        kept = await creator.newest(holder)
        assert kept.outcome is Outcome.FAIL
        assert len(kept.failed) == 46
        failed = [await creator.store.read(place.log, place.index, place.index + 1) for place in kept.failed]
        assert {entry.fingerprint for (entry,) in failed} == set(holder.damaged)


def lose(node: Node, log: LogId, indices: range) -> None:
    """The bytes on the disk are others."""
    read = node.store.read

    async def damaged(of: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> object:
        found = await read(of, start, stop, max_bytes)
        return [replace(each, raw=b"x") if of == log and each.index in indices else each for each in found]

    node.store.read = damaged  # type: ignore[method-assign,assignment]


class Liar:
    """Answers in the place of a node, with its key."""

    def __init__(self, node: Node) -> None:
        self.node, self.honest = node, node.challenged

    async def custody(self, epoch_s: int, epoch: int) -> Found | None:
        """As it is."""
        return await self.honest.custody(epoch_s, epoch)

    async def challenge(self, auditor: LogId, asked: Asked) -> Answered:
        """Each answer changed, and all signed."""
        true = await self.honest.challenge(auditor, asked)
        entries = tuple(self.change(each) for each in true.entries)
        between = Between(self.node.sealer.own.identity.network, auditor, self.node.log)
        signature = sign_answer(between, asked, [*map(told, entries)], self.node.key)
        return Answered(entries, (), signature)

    def change(self, answer: EntryAnswer) -> EntryAnswer:
        """To be replaced."""
        return answer


class Hashes(Liar):
    """Kept 32 bytes of each record."""

    def change(self, answer: EntryAnswer) -> EntryAnswer:
        """The hash for the bytes."""
        return replace(answer, raw=told(answer).fingerprint)


class Redactor(Liar):
    """Says that all was redacted."""

    def change(self, answer: EntryAnswer) -> EntryAnswer:
        """Fingerprint and path are right."""
        return EntryAnswer(erased=Fingerprint(told(answer).fingerprint), path=answer.path)


async def test_security_a_holder_that_keeps_only_hashes_fails_at_once() -> None:
    """On the first day, at every place."""
    async with audit_scene(2) as it:
        await it.day()
        it.nodes[2].challenged = Hashes(it.nodes[2])  # type: ignore[assignment]
        await everybody(it)
        kept = await it.nodes[1].newest(it.nodes[2])
        assert (kept.outcome, len(kept.failed)) == (Outcome.FAIL, 46)


async def test_security_a_holder_that_says_erased_without_a_redaction_fails_when_the_day_ends() -> None:
    """Until then a redaction may be on its way to the auditor; where there is one, the holder passes."""
    async with audit_scene(2) as it:
        epoch = await it.day()
        creator, holder = it.nodes[1], it.nodes[2]
        holder.challenged = Redactor(holder)  # type: ignore[assignment]
        await everybody(it)
        assert await creator.transcripts.of() == []
        it.clock.time = (epoch + 0.8) * EPOCH_S
        await everybody(it)
        assert await creator.outcome(holder) is Outcome.FAIL
    async with audit_scene(2) as it:
        await it.day()
        creator, holder = it.nodes[1], it.nodes[2]
        for index in range(3, ENTRIES):
            await creator.store.erase(creator.log, index)
            await holder.store.erase(creator.log, index)
        await everybody(it)
        assert await creator.outcome(holder) is Outcome.PASS


async def test_security_a_holder_that_never_writes_custody_is_contained() -> None:
    """By the creator that it acknowledged to; else never writing one would escape all audits."""
    async with audit_scene(2, 3) as it:
        it.nodes[2].custodian._epoch_s = 1 << 40
        await it.day()
        await everybody(it)
        assert await it.nodes[1].outcome(it.nodes[2]) is Outcome.CONTAINED
        assert await it.nodes[1].outcome(it.nodes[3]) is Outcome.PASS
        assert await it.nodes[3].transcripts.of(holder=it.nodes[2].log) == []


async def test_security_a_custody_record_of_after_the_block_counts_for_nothing() -> None:
    """Anchored an hour late, when the places could be known."""
    async with audit_scene(2) as it:
        holder, honest = it.nodes[2], Node.anchor

        async def never(node: Node) -> None:
            if node is not holder:
                await honest(node)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Node, "anchor", never)
            await it.day()
        await holder.anchor()
        await everybody(it)
        assert await it.nodes[1].outcome(holder) is Outcome.CONTAINED
        assert await holder.transcripts.of() == []


async def test_a_silent_holder_is_contained_once_and_passes_when_it_is_back() -> None:
    """It is asked again after each window, for the same places; its latency counts from the first time."""
    async with audit_scene(2) as it:
        epoch = await it.day()
        creator, holder = it.nodes[1], it.nodes[2]
        quiet = Quiet(holder)
        holder.challenged = quiet  # type: ignore[assignment]
        for _ in range(4):
            await creator.auditor.step()
            it.clock.time += 400
        assert await creator.outcome(holder) is Outcome.CONTAINED
        assert len(quiet.heard) == 2
        holder.challenged = quiet.honest
        creator.begin()
        it.clock.time += 600
        await creator.auditor.step()
        first, last = await creator.transcripts.of(holder=holder.log, epoch=epoch)
        assert (first.outcome, last.outcome) == (Outcome.CONTAINED, Outcome.PASS)
        assert last.latency_ms >= 2_200_000
        (asked,) = {each.entries for _, each in it.asked}
        assert len(asked) == 46


class Quiet(Liar):
    """Hears the question, and does not answer."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.heard: list[Asked] = []

    async def challenge(self, auditor: LogId, asked: Asked) -> Answered:
        """Nothing."""
        self.heard.append(asked)
        raise Unavailable("PEER_DOWN", "no answer")


async def test_a_slow_honest_holder_is_contained_and_never_fails() -> None:
    """It took longer than the window; next day it is faster."""
    async with audit_scene(2) as it:
        await it.day()
        creator, holder = it.nodes[1], it.nodes[2]
        holder.answer_s = 700
        await creator.auditor.step()
        assert await creator.outcome(holder) is Outcome.CONTAINED
        holder.answer_s = 1
        await it.day()
        await creator.auditor.step()
        assert await creator.outcome(holder) is Outcome.PASS


async def test_one_that_fetches_from_others_passes_and_its_latency_shows() -> None:
    """What an audit does not show, and what it tells nevertheless (docs/spec/audit.md)."""
    async with audit_scene(2, 3) as it:
        await it.day()
        creator, honest, thin = it.nodes[1], it.nodes[2], it.nodes[3]
        honest.answer_s = 0.2

        class Fetching(Liar):
            async def challenge(self, auditor: LogId, asked: Asked) -> Answered:
                it.clock.time += 0.2 * len(asked.entries)  # a question to somebody else for each
                return await super().challenge(auditor, asked)

        thin.challenged = Fetching(thin)  # type: ignore[assignment]
        await creator.auditor.step()
        fast, slow = await creator.newest(honest), await creator.newest(thin)
        assert (fast.outcome, slow.outcome) == (Outcome.PASS, Outcome.PASS)
        assert slow.latency_ms > 20 * fast.latency_ms > 0


async def test_a_custody_record_is_sealed_once_and_lists_all_that_is_kept() -> None:
    """In the last quarter of an epoch, also when the node starts again; what keeps nothing seals none."""
    async with audit_scene(2) as it:
        alone = await it.join(9)
        epoch = int(it.clock.time) // EPOCH_S + 1
        it.clock.time = (epoch - 0.26) * EPOCH_S
        holder, creator = it.nodes[2], it.nodes[1]
        assert not await holder.custodian.step()
        it.clock.time = (epoch - 0.25) * EPOCH_S
        assert not await alone.custodian.step()
        assert await creator.custodian.step()
        assert await holder.custodian.step()
        assert not await holder.custodian.step()
        found = await holder.challenged.custody(EPOCH_S, epoch)
        assert found is not None
        says = decode_custody(parse(found.raw).payload)
        assert [(run.log, run.start, run.stop) for run in says.kept] == [(creator.log, 0, ENTRIES)]
        assert await holder.challenged.custody(EPOCH_S, epoch + 1) is None
        assert await alone.challenged.custody(EPOCH_S, epoch) is None


async def test_a_retired_log_gets_no_custody_record() -> None:
    """It grows no more; the node goes on all the same."""
    async with audit_scene(2) as it:
        holder = it.nodes[2]
        it.clock.time = (int(it.clock.time) // EPOCH_S + 0.75) * EPOCH_S

        def retired() -> None:
            raise Rejected("RETIRED", "the log of this node is retired")

        holder.sealer.permit = retired
        size = holder.sealer.own.size
        assert not await holder.custodian.step()
        assert holder.sealer.own.size == size


async def test_a_node_without_its_nonce_audits_nobody_that_day() -> None:
    """It can open no commitment; the next day it goes on."""
    async with audit_scene(2) as it:
        await it.day()
        creator, holder = it.nodes[1], it.nodes[2]
        creator.transcripts._nonces.clear()
        await creator.auditor.step()
        assert await creator.transcripts.of() == []
        await it.day()
        await creator.auditor.step()
        assert await creator.outcome(holder) is Outcome.PASS


async def test_a_holder_is_not_asked_before_its_time_or_before_the_block_is_final() -> None:
    """Its hour of the day follows from both nodes; and there is no seed without a final block."""
    async with audit_scene(2) as it:
        epoch = await it.eve()
        creator = it.nodes[1]
        it.clock.time = (epoch + 0.6) * EPOCH_S
        await it.follow()
        assert await creator.auditor.step() == 0
        it.chain.mine(2)
        await it.follow()
        assert await creator.auditor.step() == 0
        it.chain.mine()
        await it.follow()
        it.clock.time = epoch * EPOCH_S + 1
        assert await creator.auditor.step() == 0
        it.clock.time = (epoch + 0.5) * EPOCH_S
        assert await creator.auditor.step() == 1


async def test_answers_that_are_too_much_for_a_message_come_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each signed for itself; together they are the audit."""
    monkeypatch.setattr("tracehold.journey.challenged.ANSWER_BYTES", 3000)
    async with audit_scene(2) as it:
        await it.day()
        await everybody(it)
        kept = await it.nodes[1].newest(it.nodes[2])
        assert kept.outcome is Outcome.PASS
        assert 1 < len(decode_transcript(kept.raw).parts) < 46
        assert kept.places == 46
