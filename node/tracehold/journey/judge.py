"""What a holder finds wrong with the records of another's log. It keeps them nevertheless (protocol section
3).

Rules 1 to 7 of `check`, each record at its own place, by bytes and log alone: no clock, no configuration, and
always tolerant of what the world's documents hold, since how strict a creator is with its uploads is its own
policy. So the same record is found good or bad by every holder of one release, and where releases differ, the
log goes on all the same.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from tracehold.core.control import Redact, Snapshot, decode_control
from tracehold.core.custody import check_custody
from tracehold.core.epcis import Mode
from tracehold.core.errors import Rejected
from tracehold.core.record import CONTROL_KINDS, Kind, Record, check_signature, fingerprint
from tracehold.core.roster import Roster
from tracehold.core.snapshot import RULES_VERSION, Listed
from tracehold.journey.check import SLICE, Pair, Verify, check_content, read, verify_inline
from tracehold.journey.own_log import new_entry
from tracehold.journey.ports import Dispute, NewEntry, Sent

SLICE_BYTES = 128 << 10
"""Record bytes after which other tasks get a turn, if there are no `SLICE` records before."""

Content = Callable[[str, bytes], object]
"""Rule 7 for (kind, payload); raises `Rejected`."""


def tolerant(kind: str, payload: bytes) -> object:
    """Rule 7 as every holder applies it."""
    return check_content(kind, payload, Mode.TOLERANT)


@dataclass(frozen=True, slots=True)
class Arrived:
    """An entry as it came: how it is to be kept, and its record, or the code for which its bytes are none. An
    erased one has neither.
    """

    entry: NewEntry
    record: Record | None = None
    code: str = ""

    @property
    def erased(self) -> bool:
        """Whether it came without its bytes."""
        return not self.entry.raw


def arrived(sent: Sent) -> Arrived:
    """Rules 1 and 2. The fingerprint of bytes is computed here, whatever was sent with them."""
    if not sent.raw:
        return Arrived(NewEntry(sent.fingerprint, b"", ""))
    record = read(sent.raw)
    if isinstance(record, Rejected):
        return Arrived(NewEntry(fingerprint(sent.raw), sent.raw, ""), code=record.code)
    return Arrived(new_entry(record), record)


async def arriving(entries: Sequence[Sent]) -> list[Arrived]:
    """Each of them, with turns for others in between."""
    found: list[Arrived] = []
    for start in range(0, len(entries), SLICE):
        found += map(arrived, entries[start : start + SLICE])
        await asyncio.sleep(0)
    return found


def named(record: Record) -> set[Redact]:
    """What a redaction names; of any other record, nothing."""
    if record.header.kind != Kind.REDACT:
        return set()
    try:
        says = decode_control(record.header.kind, record.payload)
    except Rejected:
        return set()
    return {says} if isinstance(says, Redact) else set()


def take_effect(roster: Roster, index: int, record: Record) -> None:
    """Let a control record of any log take effect, if its signer may say it there. Raises `Rejected`."""
    check_signature(record, roster.check(record, index))
    roster.apply(index, record)


@dataclass(frozen=True, slots=True)
class Judge:
    """The rules and what checks signatures."""

    verify: Verify = verify_inline
    content: Content = tolerant

    async def judge(
        self,
        roster: Roster,
        listed: Listed,
        first: int,
        entries: Sequence[Arrived],
        redacted: Collection[Redact] = (),
    ) -> Sequence[Dispute]:
        """What is wrong with these entries, by index. Roster and list are those of the log before entry
        `first`, and grow by the control records among the entries; one that is refused takes no effect. One
        that came erased is disputed, unless a redaction among the entries or in `redacted` names it: then
        only its creator knows why there is nothing to keep.
        """
        found: list[Dispute] = []
        erased: dict[int, Dispute] = {}
        known = set(redacted)
        for start, stop in _slices(entries):
            piece = dict(enumerate(entries[start:stop], first + start))
            codes = {at: each.code for at, each in piece.items() if each.code}
            pairs = dict(_admitted(roster, listed, piece, codes))
            refusals = await self.verify(list(pairs.values()))
            for (at, (record, _)), refusal in zip(pairs.items(), refusals, strict=True):
                if code := refusal.code if refusal else self._content(record):
                    codes[at] = code
            found += [Dispute(at, code, RULES_VERSION) for at, code in codes.items()]
            for at, each in piece.items():
                if each.erased:
                    erased[at] = Dispute(at, "REDACTED", RULES_VERSION)
                elif each.record is not None and at not in codes:
                    known |= named(each.record)
            await asyncio.sleep(0)
        for says in known:
            at = says.index - first
            if 0 <= at < len(entries) and entries[at].entry.fingerprint == says.fingerprint:
                erased.pop(says.index, None)
        return sorted([*found, *erased.values()], key=lambda said: said.index)

    async def admit(
        self, roster: Roster, listed: Listed, first: int, entries: Sequence[Arrived]
    ) -> Sequence[Dispute]:
        """What is wrong with the control records among these entries, which take effect as in `judge`. The
        other entries are not looked at: that is for `judge` to do later, from the same roster and list.
        """
        codes: dict[int, str] = {}
        for start in range(0, len(entries), SLICE):
            piece = enumerate(entries[start : start + SLICE], first + start)
            controls = {at: each for at, each in piece if each.entry.kind in CONTROL_KINDS}
            if controls:
                list(_admitted(roster, listed, controls, codes))
                await asyncio.sleep(0)
        return [Dispute(at, code, RULES_VERSION) for at, code in sorted(codes.items())]

    def _content(self, record: Record) -> str:
        try:
            self.content(record.header.kind, record.payload)
        except Rejected as refusal:
            return refusal.code
        return ""


def _slices(entries: Sequence[Arrived]) -> Iterator[tuple[int, int]]:
    """Where to cut, so that others get a turn after each piece: long documents take long to read."""
    start = size = 0
    for at, each in enumerate(entries, 1):
        size += len(each.entry.raw)
        if at - start == SLICE or size >= SLICE_BYTES or at == len(entries):
            yield start, at
            start, size = at, 0


def _admitted(
    roster: Roster, listed: Listed, entries: dict[int, Arrived], codes: dict[int, str]
) -> Iterator[tuple[int, Pair]]:
    """Rules 3 and 4 for each, and for control records 5 and 6; what is wrong goes into `codes`. What else is
    to be checked, with the key that must have signed it.
    """
    for at, each in entries.items():
        record = each.record
        if record is None:
            continue
        try:
            if record.header.kind in CONTROL_KINDS or record.header.kind == Kind.NODE:
                take_effect(roster, at, record)
                _check_snapshot(record, listed)
            else:
                pair = record, roster.check(record, at)
                check_custody(record, roster)
                yield at, pair
        except Rejected as refusal:
            codes[at] = refusal.code
        if record.header.kind in CONTROL_KINDS:
            listed.add(at, record.fingerprint)


def _check_snapshot(record: Record, listed: Listed) -> None:
    if record.header.kind == Kind.SNAPSHOT:
        said = decode_control(record.header.kind, record.payload)
        if isinstance(said, Snapshot):
            listed.check(said)
