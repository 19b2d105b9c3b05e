"""How a node stands, as its parts report it, and the message that says so."""

from dataclasses import dataclass

from tracehold.journey.chainguard import ChainHealth
from tracehold.journey.chainwatch import ChainStanding
from tracehold.journey.holders import CopyCount
from tracehold.journey.kept_logs import KeptLog
from tracehold.journey.segments import SegmentStanding
from tracehold.journey.upkeep import DrainStanding, MemberStanding, RepairStanding, ScrubStanding
from tracehold.v1 import verify_pb2
from tracehold.wire.chain import chain_message
from tracehold.wire.times import from_s
from tracehold.wire.upkeep import drain_message, member_message, repair_message, scrub_message
from tracehold.wire.words import copies_message


@dataclass(frozen=True, slots=True)
class BackendState:
    """One outside thing: its port (`log`, `ledger`, `graph`, `blobs`, `peers`),
    what stands behind it, and whether it answers.
    """

    port: str
    name: str
    stand_in: bool
    up: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DirectoryStanding:
    """This node's part of the directory: contacts, provider records kept for others, keys that it announces,
    and how many of these are due.
    """

    contacts: int
    records: int
    offered: int
    due: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How the node stands at one moment. Ids are raw bytes, empty where
    unknown; `started_at` seconds since the epoch.
    """

    version: str
    operator: str
    network: bytes = b""
    log: bytes = b""
    node: int = 0
    sealed: int = 0
    anchored: int = 0
    final: int = 0
    indexed: int = 0
    waiting: int = 0
    chain_id: int = 0
    contract: bytes = b""
    account: bytes = b""
    quorum: int = 0
    backends: tuple[BackendState, ...] = ()
    started_at: float = 0.0
    disk_free_bytes: int = 0
    faults: tuple[str, ...] = ()
    replicated: int = 0
    segments: tuple[SegmentStanding, ...] = ()
    kept: tuple[KeptLog, ...] = ()
    repairs: tuple[RepairStanding, ...] = ()
    members: tuple[MemberStanding, ...] = ()
    scrub: ScrubStanding | None = None
    draining: DrainStanding | None = None
    retired: bool = False
    predecessor: bytes = b""
    directory: DirectoryStanding | None = None
    follower: ChainStanding | None = None
    chain: ChainHealth | None = None

    @property
    def copies(self) -> CopyCount:
        """Of the segment that has the fewest."""
        return min(
            (each.copies for each in self.segments), key=lambda each: each.kept, default=CopyCount(1, 1)
        )


MAX_SEGMENTS = 64
"""Segments in an answer."""
MAX_KEPT = 1_000
"""Kept logs in an answer."""
MAX_FAULTS = 100
"""Faults in an answer, the newest ones."""
MAX_REPAIRS = 100
"""Repairs in an answer."""
MAX_MEMBERS = 1_000
"""Other members in an answer."""


def status_message(standing: Standing) -> verify_pb2.GetStatusResponse:
    """The answer of `GetStatus`."""
    return verify_pb2.GetStatusResponse(
        version=standing.version,
        network=standing.network.hex(),
        operator=standing.operator,
        log=standing.log.hex(),
        node=standing.node,
        sealed=standing.sealed,
        anchored=standing.anchored,
        final=standing.final,
        indexed=standing.indexed,
        chain_id=standing.chain_id,
        contract=hex_0x(standing.contract),
        account=hex_0x(standing.account),
        quorum=standing.quorum,
        backends=[_backend(backend) for backend in standing.backends],
        started_at=from_s(standing.started_at),
        disk_free_bytes=standing.disk_free_bytes,
        faults=standing.faults[-MAX_FAULTS:],
        replicated=standing.replicated,
        segments=[_segment(segment) for segment in _shown(standing.segments)],
        copies=copies_message(standing.copies),
        kept=[_kept(each) for each in standing.kept[:MAX_KEPT]],
        repairs=[repair_message(each) for each in standing.repairs[:MAX_REPAIRS]],
        members=[member_message(each) for each in standing.members[:MAX_MEMBERS]],
        scrub=scrub_message(standing.scrub),
        draining=drain_message(standing.draining),
        retired=standing.retired,
        predecessor=standing.predecessor.hex(),
        follower=_follower(standing.follower),
        chain=chain_message(standing.chain),
    )


def _follower(chain: ChainStanding | None) -> verify_pb2.Follower | None:
    if chain is None:
        return None
    mark = chain.bookmark
    return verify_pb2.Follower(
        block=max(0, chain.block),
        hash=mark.hash.hex() if mark else "",
        at=from_s(mark.time) if mark else None,
        behind=chain.behind,
        undone=chain.undone,
    )


def _shown(segments: tuple[SegmentStanding, ...]) -> list[SegmentStanding]:
    """The newest, and the oldest of those that lack copies."""
    lacking = [each for each in segments[:-1] if each.copies.kept < each.copies.target]
    return [*lacking[: MAX_SEGMENTS - 1], *segments[-1:]]


def _segment(state: SegmentStanding) -> verify_pb2.Segment:
    holders = [
        verify_pb2.Holder(node=each.node, operator=each.operator, up=each.up, behind=each.behind)
        for each in state.holders
    ]
    return verify_pb2.Segment(segment=state.segment, copies=copies_message(state.copies), holders=holders)


def _kept(each: KeptLog) -> verify_pb2.KeptLog:
    return verify_pb2.KeptLog(
        log=each.log.hex(),
        operator=each.operator,
        node=each.node,
        entries=each.entries,
        size=each.size,
        acknowledged=each.acknowledged,
        final=each.final,
        disputed=each.disputed,
        forked=each.forked,
    )


def hex_0x(raw: bytes) -> str:
    """`0x` and hexadecimal digits, as chains write bytes; empty for nothing."""
    return f"0x{raw.hex()}" if raw else ""


def _backend(state: BackendState) -> verify_pb2.Backend:
    return verify_pb2.Backend(
        port=state.port, name=state.name, stand_in=state.stand_in, up=state.up, detail=state.detail
    )
