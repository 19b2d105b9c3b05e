"""One holder and one auditor of a creator's log, for tests of audits: every byte is the same on each run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from tests.logs import NETWORK, Log, header
from tracehold.core import merkle, record
from tracehold.core.audit import (
    Answered,
    Asked,
    AskedEntry,
    Between,
    EntryAnswer,
    Outcome,
    sign_answer,
    told,
)
from tracehold.core.audit_transcript import Part, Said, Transcript, decode_transcript, sign_transcript
from tracehold.core.audit_verdict import AuditView, NodeKey, asked, places_of, recompute
from tracehold.core.custody import Custody, Run, encode_custody, nonce_hash
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.keys import Ed25519Key, SigningKey
from tracehold.core.owed import Anchored
from tracehold.core.receipt import Anchor
from tracehold.core.record import Kind

EPOCH_S = 86_400
EPOCH = 20_420
NONCE = b"\x17" * 32
BLOCK = 500, b"\x05" * 32
"""The epoch's first final block."""
ASKED_MS = EPOCH * EPOCH_S * 1000 + 60_000
SIZE = 40
"""Entries of the creator's log that are anchored."""

Answer = Callable[[AskedEntry], EntryAnswer]


def node(number: int) -> Log:
    """A node's log."""
    return Log(
        node_key=Ed25519Key.from_seed(bytes([number]) * 32), operator=f"https://operator.example/{number}"
    )


def custody_record(log: Log, says: Custody, key: SigningKey | None = None) -> bytes:
    """Signed by the node, or by another."""
    signing = key or log.node_key
    said = header(signing, log.operator, Kind.CUSTODY, len(log.entries))
    return record.sign(said, encode_custody(says), signing)


@dataclass
class World:
    """A creator's log, that of an auditor who keeps it too, and that of a holder."""

    creator: Log = field(default_factory=lambda: node(11).fill(SIZE))
    auditor: Log = field(default_factory=lambda: node(12))
    holder: Log = field(default_factory=lambda: node(13))
    anchors: dict[LogId, list[Anchored]] = field(default_factory=dict)
    keys: dict[LogId, list[NodeKey]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Everything before the epoch."""
        for log in (self.creator, self.auditor, self.holder):
            self.keys[log.id] = [NodeKey(log.node_key.public)]
        self.anchor(self.creator, SIZE, 400)
        self.kept = (Run(self.creator.id, 0, SIZE),)
        self.own = self.keep(self.auditor, Custody(EPOCH_S, EPOCH, nonce_hash(NONCE), self.kept))
        self.custody = self.keep(self.holder, Custody(EPOCH_S, EPOCH, nonce_hash(b"h" * 32), self.kept))

    def anchor(self, log: Log, size: int, block: int) -> Anchor:
        """Final, in this block."""
        self.anchors.setdefault(log.id, []).append(Anchored(size, log.root(size), block))
        return Anchor(
            1337, bytes(20), 1, log.id, 0, size, log.root(size), block, bytes(32), 1_764_000_000, bytes(32), 0
        )

    def keep(self, log: Log, says: Custody, block: int = 450, key: SigningKey | None = None) -> Said:
        """Seal a custody record and anchor it."""
        at = log.add(custody_record(log, says, key))
        return Said(log.entries[at], log.receipt(at, anchor=self.anchor(log, len(log.entries), block)))

    def view(self, **changes: object) -> AuditView:
        """What the chain shows."""
        return replace(AuditView(NETWORK, EPOCH_S, BLOCK, self.keys, self.anchors), **changes)  # type: ignore[arg-type]

    @property
    def between(self) -> Between:
        """The two."""
        return Between(NETWORK, self.auditor.id, self.holder.id)

    def question(self) -> Asked:
        """What the auditor asks."""
        draft = self.draft(())
        return asked(draft, self.places(draft))

    def places(self, draft: Transcript) -> Sequence[AskedEntry]:
        """Drawn for both."""
        own = Custody(EPOCH_S, EPOCH, nonce_hash(NONCE), self.kept)
        return places_of(draft, own, own, self.anchors)

    def honest(self, place: AskedEntry) -> EntryAnswer:
        """Bytes and path."""
        path = merkle.inclusion_path(place.index, place.size, self.creator.node)
        return EntryAnswer(self.creator.entries[place.index], path=tuple(path))

    def answered(
        self, question: Asked, answer: Answer | None = None, key: SigningKey | None = None
    ) -> Answered:
        """The holder's answers to all places, signed."""
        entries = tuple(map(answer or self.honest, question.entries))
        signature = sign_answer(self.between, question, [*map(told, entries)], key or self.holder.node_key)
        return Answered(entries, (), signature)

    def part(self, answered: Answered, took_ms: int = 250) -> Part:
        """As the auditor keeps it."""
        return Part(tuple(map(told, answered.entries)), answered.signature, ASKED_MS, ASKED_MS + took_ms)

    def draft(self, parts: Sequence[Part], **changes: object) -> Transcript:
        """Unsigned, and of no outcome yet."""
        made = Transcript(
            NETWORK,
            self.auditor.id,
            self.holder.id,
            EPOCH_S,
            EPOCH,
            self.own,
            self.custody,
            BLOCK,
            NONCE,
            46,
            600_000,
            ASKED_MS,
            tuple(parts),
            Outcome.CONTAINED,
        )
        return replace(made, **changes)  # type: ignore[arg-type]

    def made(self, answer: Answer | None = None, took_ms: int = 250, **changes: object) -> Transcript:
        """One whole audit, with the outcome that it shows."""
        draft = self.draft([self.part(self.answered(self.question(), answer), took_ms)], **changes)
        return self.signed(replace(draft, outcome=recompute(draft, self.view()).outcome))

    def signed(self, draft: Transcript, key: SigningKey | None = None) -> Transcript:
        """Signed by the auditor, and read again."""
        return decode_transcript(sign_transcript(draft, key or self.auditor.node_key))


def hashes_only(place: AskedEntry, world: World) -> EntryAnswer:
    """The answer of one that kept 32 bytes of each record, and the tree."""
    honest = world.honest(place)
    return replace(honest, raw=bytes(record.fingerprint(honest.raw)))


ERASED = Fingerprint(b"\x0e" * 32)
