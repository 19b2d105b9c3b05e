"""Auditor (follower): asks each holder once in an epoch for entries that nobody chose, and keeps what came of
it, signed (docs/spec/audit.md).

A holder that is silent is asked again, for the same places, until the epoch ends. What a crash means:
nothing; what was not saved is asked again, and the places are the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from tracehold.core.audit import (
    WINDOW_S,
    AskedEntry,
    Outcome,
    challenge_after_s,
    check_answer,
    told,
)
from tracehold.core.audit_transcript import Part, Said, Transcript, decode_transcript, sign_transcript
from tracehold.core.audit_verdict import AuditView, asked, places_of, read_custody, recompute
from tracehold.core.custody import EPOCH_S, Custody
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import LogId
from tracehold.core.keys import Alg, PublicKey
from tracehold.core.sampling import SAMPLES
from tracehold.journey.audit_day import Day, Sources, keys_of
from tracehold.journey.follow import Trouble, untold
from tracehold.journey.identity import Identity, Now
from tracehold.journey.ports import Member, Role
from tracehold.journey.ports.audits import KeptTranscript
from tracehold.journey.ports.possession import Possessor, Possessors
from tracehold.journey.states import Sleep

LOOKS = 500
"""Looks in each epoch whether somebody is to be asked."""

Audited = Callable[[KeptTranscript], None]
"""Told of every transcript that was kept."""


def unnoticed(_: KeptTranscript) -> None:
    """Nobody is told."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How many places, how long a holder may take, an epoch, and for how many of them what passed is kept."""

    samples: int = SAMPLES
    window_s: float = WINDOW_S
    epoch_s: int = EPOCH_S
    keep: int = 30


class Auditor:
    """Of one node. One task runs `run`."""

    def __init__(
        self,
        sources: Sources,
        possessors: Possessors,
        own: LogId,
        identity: Callable[[], Identity],
        *,
        terms: Terms,
        now: Now,
        audited: Audited = unnoticed,
    ) -> None:
        self._sources = sources
        self._transcripts = sources.transcripts
        self._possessors = possessors
        self._own = own
        self._identity = identity
        self._terms = terms
        self._now = now
        self._audited = audited
        self._day: Day | None = None

    async def run(self, sleep: Sleep, trouble: Trouble = untold) -> NoReturn:
        """Step for ever, until cancelled or something is Broken here."""
        while True:
            try:
                await self.step()
            except Unavailable as error:
                trouble(error)
            else:
                trouble(None)
            await sleep(self._terms.epoch_s / LOOKS)

    async def step(self) -> int:
        """Audit every holder whose time has come: how many transcripts were kept. Raises `Unavailable` and
        what is Broken of the disk and the chain; a peer that does not answer raises nothing.
        """
        epoch = int(self._now()) // self._terms.epoch_s
        if self._day is None or self._day.epoch != epoch:
            self._day = await self._sources.day(
                self._own, self._identity().network, self._terms.epoch_s, epoch
            )
            if self._day is not None:
                await self._transcripts.prune(epoch - self._terms.keep)
        members = await self._sources.members() if self._day else {}
        us, count = members.get(self._own), 0
        if self._day is None or us is None:
            return 0
        for holder in members.values():
            if await self._is_due(self._day, holder):
                count += await self._audit(self._day, us, holder)
        return count

    async def _is_due(self, day: Day, holder: Member) -> bool:
        if holder.log == self._own or not holder.active or Role.HOLDER not in holder.roles:
            return False
        epoch_s = self._terms.epoch_s
        first = day.epoch * epoch_s + challenge_after_s(self._own, holder.log, epoch_s, day.epoch)
        if holder.log in day.done or self._now() < day.again.get(holder.log, first):
            return False
        kept = await self._transcripts.newest(holder.log, day.epoch)
        if kept is not None and kept.outcome is not Outcome.CONTAINED:
            day.done.add(holder.log)
            return False
        return True

    async def _audit(self, day: Day, us: Member, holder: Member) -> bool:
        """Ask one holder; whether something was kept of it."""
        day.again[holder.log] = self._now() + self._terms.window_s
        possessor = await self._possessors.of(holder.number)
        draft = await self._draft(day, holder)
        said, custody = await self._custody(day, holder, possessor)
        if custody is None or possessor is None:
            expected = await self._sources.expects(holder)
            return expected and await self._keep(day, us, holder, draft, ())
        draft = replace(draft, custody=said)
        places = places_of(draft, day.custody, custody, day.anchors)
        if not places:
            day.done.add(holder.log)
            return False
        parts = await self._ask(possessor, draft, places, PublicKey(Alg.EDDSA, holder.node_key))
        return await self._keep(day, us, holder, replace(draft, parts=tuple(parts)), places)

    async def _draft(self, day: Day, holder: Member) -> Transcript:
        """Of no answers yet; with the time at which the holder was first asked in this epoch."""
        earlier = await self._transcripts.of(holder=holder.log, epoch=day.epoch, most=1)
        first_ms = decode_transcript(earlier[0].raw).asked_ms if earlier else self._ms()
        return Transcript(
            self._identity().network,
            self._own,
            holder.log,
            self._terms.epoch_s,
            day.epoch,
            day.own,
            None,
            (day.block.number, day.block.hash),
            day.nonce,
            self._terms.samples,
            int(self._terms.window_s * 1000),
            first_ms,
            (),
            Outcome.CONTAINED,
        )

    async def _custody(
        self, day: Day, holder: Member, possessor: Possessor | None
    ) -> tuple[Said | None, Custody | None]:
        """What the holder said that it keeps; nothing where it said nothing that counts. What was anchored of
        its logs is known afterwards.
        """
        try:
            found = await possessor.custody(self._terms.epoch_s, day.epoch) if possessor else None
        except Unavailable:
            found = None
        if found is None:
            return None, None
        said = Said(found.evidence.record, found.evidence.receipt)
        members = await self._sources.members()
        day.anchors |= await self._sources.anchors([holder.log], members, day.block)
        try:
            custody = read_custody(
                said, self._identity().network, keys_of(holder), holder.log, day.anchors, day.block.number
            )
        except Rejected:
            return None, None
        if (custody.epoch_s, custody.epoch) != (self._terms.epoch_s, day.epoch):
            return None, None
        ours = {run.log for run in day.custody.kept} | {self._own}
        shared = {run.log for run in custody.kept} & ours - day.anchors.keys()
        day.anchors |= await self._sources.anchors(sorted(shared), members, day.block)
        return said, custody

    async def _ask(
        self, possessor: Possessor, draft: Transcript, places: Sequence[AskedEntry], key: PublicKey
    ) -> list[Part]:
        """What the holder answered and signed, part by part, until all is there, nothing more comes, or its
        time is over.
        """
        parts: list[Part] = []
        begun, count = self._now(), 0
        while count < len(places) and self._now() - begun <= self._terms.window_s:
            question, at = asked(draft, places[count:]), self._ms()
            try:
                answered = await possessor.challenge(question)
                answers = tuple(map(told, answered.entries))
                check_answer(draft.between, question, answers, answered.signature, key)
            except (Unavailable, Rejected):
                break
            parts.append(Part(answers, answered.signature, at, max(at, self._ms())))
            count += len(answers)
        return parts

    async def _keep(
        self, day: Day, us: Member, holder: Member, draft: Transcript, places: Sequence[AskedEntry]
    ) -> bool:
        """Recompute, sign and save. A second silence in an epoch says no more than the first, and a redaction
        that is not known here yet has the rest of the epoch to come.
        """
        redacted = await self._sources.redacted(places, draft.answers)
        if False in redacted.values() and self._now() < (day.epoch + 0.75) * self._terms.epoch_s:
            return False
        view = AuditView(
            draft.network,
            draft.epoch_s,
            draft.block,
            {us.log: keys_of(us), holder.log: keys_of(holder)},
            day.anchors,
            lambda place, _: redacted.get(place),
        )
        verdict = recompute(draft, view)
        if verdict.outcome is Outcome.CONTAINED and await self._transcripts.newest(holder.log, day.epoch):
            return False
        made = replace(draft, outcome=verdict.outcome)
        raw = sign_transcript(made, self._identity().key)
        kept = KeptTranscript(
            day.epoch,
            self._own,
            holder.log,
            holder.number,
            verdict.outcome,
            self._ms(),
            made.latency_ms,
            len(places),
            verdict.failed,
            raw,
        )
        kept = replace(kept, number=await self._transcripts.save(kept))
        self._audited(kept)
        return True

    def _ms(self) -> int:
        return int(self._now() * 1000)
