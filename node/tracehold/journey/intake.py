"""Intake: what is known about each uploaded item before anything is sealed: ready,
sealed already, or refused.

Looked up before checked: the same bytes again get the same answer whatever has been revoked since, and a
delegated event that came before is not signed again.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tracehold.core.epcis import Finding
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint
from tracehold.core.record import Kind, Record
from tracehold.journey.batch import Candidate, Place
from tracehold.journey.check import SLICE, Checked, Checks
from tracehold.journey.delegate import Delegated, Delegation, bytes_key, received_key
from tracehold.journey.erase import check_redactable
from tracehold.journey.own_log import Identity, OwnLog
from tracehold.journey.ports import Entry, RecordLog


@dataclass(frozen=True, slots=True)
class Statement:
    """A record that the provider signed itself."""

    raw: bytes


Item = Statement | Delegated


@dataclass(frozen=True, slots=True)
class Ready:
    """Passed every check; waits to be sealed."""

    candidate: Candidate
    findings: tuple[Finding, ...] = ()


Taken = Ready | Place | Rejected
"""Ready to be sealed, sealed by an earlier upload, or refused."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Reads, looks up, checks, and signs for those who delegated."""

    store: RecordLog
    checks: Checks
    delegation: Delegation

    async def take(self, items: Sequence[Item], own: OwnLog) -> list[Taken]:
        """One answer per item, in order. Raises what the store raises."""
        statements = iter(await self._statements([i.raw for i in items if isinstance(i, Statement)], own))
        delegated = iter(await self._delegated([i for i in items if isinstance(i, Delegated)], own))
        return [next(statements if isinstance(item, Statement) else delegated) for item in items]

    async def _statements(self, raws: Sequence[bytes], own: OwnLog) -> list[Taken]:
        read = await self.checks.parse(raws)
        records = [record for record in read if isinstance(record, Record)]
        known = await self._places([record.fingerprint for record in records], own)
        fresh = [record for record in records if record.fingerprint not in known]
        verdicts = await self.checks.run(fresh, own.roster, own.size)
        judged = iter([await self._redacting(verdict, own) for verdict in verdicts])
        return [_statement(record, known, judged) for record in read]

    async def _redacting(self, verdict: Checked | Rejected, own: OwnLog) -> Checked | Rejected:
        """The verdict; of a redaction only if it may redact what stands there."""
        if isinstance(verdict, Rejected) or verdict.record.header.kind != Kind.REDACT:
            return verdict
        try:
            await check_redactable(self.store, own, verdict.record)
        except Rejected as refusal:
            return refusal
        return verdict

    async def _delegated(self, items: Sequence[Delegated], own: OwnLog) -> list[Taken]:
        keys = await self._keys(items)
        sealed = await self.store.received({key for pair in keys for key in pair}) if keys else {}
        places = await self._places(list(sealed.values()), own)
        taken: list[Taken] = []
        for at, (item, (key, older)) in enumerate(zip(items, keys, strict=True)):
            first = sealed.get(key) or sealed.get(older)
            if first is None or first not in places:
                taken.append(self._sign(item, key, own.identity))
            else:
                taken.append(_again(first, places[first], duplicate=True))
            if at % SLICE == SLICE - 1:
                await asyncio.sleep(0)
        return taken

    async def _keys(self, items: Sequence[Delegated]) -> list[tuple[bytes, bytes]]:
        """What each is received under now, and what its bytes were received under by older releases."""
        keys: list[tuple[bytes, bytes]] = []
        for at, item in enumerate(items):
            with self.checks.stage("check"):
                keys.append((received_key(item), bytes_key(item)))
            if at % SLICE == SLICE - 1:
                await asyncio.sleep(0)
        return keys

    async def _places(self, fingerprints: Sequence[Fingerprint], own: OwnLog) -> Mapping[Fingerprint, Entry]:
        """The entries of the own log that these are already. They were sent again, so there are few."""
        found = await self.store.find(fingerprints) if fingerprints else {}
        kept: dict[Fingerprint, Entry] = {}
        for key, place in found.items():
            if place.log == own.log:
                (kept[key],) = await self.store.read(own.log, place.index, place.index + 1)
        return kept

    def _sign(self, item: Delegated, key: bytes, identity: Identity) -> Ready | Rejected:
        try:
            with self.checks.stage("check"):
                findings = self.checks.content(item.kind, item.payload)
            with self.checks.stage("signature"):
                return Ready(Candidate(self.delegation.sign(item, identity), key), findings)
        except Rejected as refusal:
            return refusal


def _statement(
    record: Record | Rejected, known: Mapping[Fingerprint, Entry], verdicts: Iterator[Checked | Rejected]
) -> Taken:
    if isinstance(record, Rejected):
        return record
    if record.fingerprint in known:
        return _again(record.fingerprint, known[record.fingerprint])
    verdict = next(verdicts)
    if isinstance(verdict, Rejected):
        return verdict
    return Ready(Candidate(verdict.record), verdict.findings)


def _again(name: Fingerprint, entry: Entry, *, duplicate: bool = False) -> Taken:
    """What is answered for a record that stands in the log."""
    if entry.erased:
        return Rejected("REDACTED", f"it was entry {entry.index}, which was redacted")
    return Place(name, entry.index, duplicate)
