"""What a record must pass before it is sealed, as numbered rules. The first rule
that fails refuses the record.

    1  size          at most 1 MiB
    2  form          a COSE_Sign1 of the record profile, deterministic
    3  network       signed for this network
    4  signer        enrolled for the party at this position of the log, and not revoked
    5  signature     of that key over these bytes
    6  control       what a control record says may be said by its signer here
    7  content       an event in form and meaning, master data and custody in form, no reserved kind

Rules 1 to 6 depend on bytes and log alone. Rule 7 also on the mode, which is this creator's own upload policy
(protocol section 3). A record refuses itself only: `Checks.run` gives one verdict each, in order.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from tracehold.core.custody import decode_custody
from tracehold.core.epcis import Finding, Mode, parse_event, parse_masterdata
from tracehold.core.errors import Rejected
from tracehold.core.keys import PublicKey
from tracehold.core.record import CONTROL_KINDS, RESERVED_KINDS, Kind, Record, check_signature, parse
from tracehold.core.roster import Roster
from tracehold.journey.parsed import Events, tolerant

Pair = tuple[Record, PublicKey]
Verify = Callable[[Sequence[Pair]], Awaitable[Sequence[Rejected | None]]]
"""Checks many signatures, perhaps on several cores; one answer each, in order."""
Stage = Callable[[str], AbstractContextManager[object]]
"""Entered around the work of one stage (parse, signature,
check, seal, reply): the benchmark measures there.
"""

SLICE = 100
"""Records after which other tasks get a turn: under 50 ms of work."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A record that passed, and what was noticed about it."""

    record: Record
    findings: tuple[Finding, ...] = ()


Verdict = Checked | Rejected


def untimed(_: str) -> AbstractContextManager[object]:
    """The stage timer that measures nothing."""
    return nullcontext()


def verify_all(pairs: Sequence[Pair]) -> list[Rejected | None]:
    """Rule 5 for each pair; None where it passes. PyNaCl lets other threads run meanwhile."""
    return [_refusal(pair) for pair in pairs]


async def verify_inline(pairs: Sequence[Pair]) -> Sequence[Rejected | None]:
    """`Verify` in the calling thread."""
    return verify_all(pairs)


def _refusal(pair: Pair) -> Rejected | None:
    try:
        check_signature(*pair)
    except Rejected as refusal:
        return refusal
    return None


def read(raw: bytes) -> Record | Rejected:
    """Rules 1 and 2."""
    try:
        return parse(raw)
    except Rejected as refusal:
        return refusal


def kind_of(raw: bytes) -> str:
    """The kind by which a record is kept; of bytes that are none, the empty one."""
    record = read(raw)
    return "" if isinstance(record, Rejected) else str(record.header.kind)


def check_content(kind: str, payload: bytes, mode: Mode, events: Events = tolerant) -> tuple[Finding, ...]:
    """Rule 7; raises `Rejected`. `events` parse where the mode is tolerant. Kinds that are not interpreted
    have no content rules, but those that are reserved must not stand in a log before their rules do.
    """
    if kind in RESERVED_KINDS:
        raise Rejected("BAD_CONTROL", "a later release defines this kind", path="header.kind")
    if kind == Kind.EVENT:
        event = events(payload) if mode is Mode.TOLERANT else parse_event(payload, mode)
        return tuple(event.findings)
    if kind == Kind.MASTERDATA:
        parse_masterdata(payload)
    if kind == Kind.CUSTODY:
        decode_custody(payload)
    return ()


class Trial:
    """A roster as it will stand at each place of a message, so that a message may
    enrol a key and then use it.

    It copies the log's roster before the first control record, and never changes it.
    """

    def __init__(self, roster: Roster, index: int) -> None:
        self._roster = roster
        self._index = index
        self._own = False

    def admit(self, record: Record, *, signed: bool = False) -> PublicKey:
        """Rules 3 and 4 at the next place; for a control record also 5 (unless `signed`)
        and 6, and it takes effect. Raises `Rejected`.

        A refused record takes no place.
        """
        key = self._roster.check(record, self._index)
        if record.header.kind in CONTROL_KINDS or record.header.kind == Kind.NODE:
            if not signed:
                check_signature(record, key)
            self._apply(record)
        self._index += 1
        return key

    def _apply(self, record: Record) -> None:
        if not self._own:
            self._roster, self._own = self._roster.copy(), True
        self._roster.apply(self._index, record)

    @property
    def roster(self) -> Roster:
        """The roster after everything that was admitted."""
        return self._roster

    @property
    def index(self) -> int:
        """The next place."""
        return self._index


@dataclass(frozen=True, slots=True)
class Checks:
    """The rules with this node's policy."""

    mode: Mode = Mode.TOLERANT
    verify: Verify = field(default=verify_inline)
    stage: Stage = field(default=untimed)
    events: Events = field(default=tolerant)

    async def parse(self, raws: Sequence[bytes]) -> list[Record | Rejected]:
        """Rules 1 and 2 for each."""
        parsed: list[Record | Rejected] = []
        for start in range(0, len(raws), SLICE):
            with self.stage("parse"):
                parsed += map(read, raws[start : start + SLICE])
            await asyncio.sleep(0)
        return parsed

    async def run(self, records: Sequence[Record], roster: Roster, index: int) -> list[Verdict]:
        """Rules 3 to 7 for each, as if they were sealed in this order from `index` on.

        Positions are checked again when they are final: the sealer does, since a
        revocation may come in between.
        """
        trial = Trial(roster, index)
        verdicts: list[Verdict] = []
        for start in range(0, len(records), SLICE):
            verdicts += await self._slice(records[start : start + SLICE], trial)
            await asyncio.sleep(0)
        return verdicts

    async def _slice(self, records: Sequence[Record], trial: Trial) -> list[Verdict]:
        with self.stage("check"):
            admitted = [_admit(record, trial) for record in records]
        pairs = [(r, key) for r, key in zip(records, admitted, strict=True) if isinstance(key, PublicKey)]
        with self.stage("signature"):  # spans an await: right while one upload runs at a time
            refusals = iter(await self.verify(pairs))
        verdicts: list[Verdict] = []
        with self.stage("check"):
            for record, key in zip(records, admitted, strict=True):
                refusal = key if isinstance(key, Rejected) else next(refusals)
                verdicts.append(refusal or self._content(record))
        return verdicts

    def content(self, kind: str, payload: bytes) -> tuple[Finding, ...]:
        """Rule 7 in this node's mode; raises `Rejected`."""
        return check_content(kind, payload, self.mode, self.events)

    def _content(self, record: Record) -> Verdict:
        if record.header.kind == Kind.ROTATE:
            # Whoever sealed one without the key that it names could seal nothing more.
            return Rejected("BAD_CONTROL", "a node rotates its key itself", path="header.kind")
        if record.header.kind == Kind.SNAPSHOT:
            return Rejected("BAD_CONTROL", "a node makes its snapshots itself", path="header.kind")
        if record.header.kind == Kind.CUSTODY:
            return Rejected("BAD_CONTROL", "a node says itself what it keeps", path="header.kind")
        try:
            return Checked(record, self.content(record.header.kind, record.payload))
        except Rejected as refusal:
            return refusal


def _admit(record: Record, trial: Trial) -> PublicKey | Rejected:
    try:
        return trial.admit(record)
    except Rejected as refusal:
        return refusal
