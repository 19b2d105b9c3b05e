"""The settings of replication and repair; they belong to `settings.Config`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationSection:
    """Copies of this node's records at nodes of other operators, and of theirs here."""

    target: int = 3
    """Copies that are wanted of each record, this node's own among them. Fewer than the contract's quorum
    asks for stops nothing: then as many as the quorum needs are made. Where fewer operators are there, a
    record has fewer copies.
    """

    patience_s: float = 10.0
    """Seconds that an anchor waits for all holders of a segment; then the contract's quorum is enough, and
    the missing copies follow later.
    """

    quota_bytes: int = 0
    """Bytes that are kept here for one other node at most; more is refused. Each entry counts with its
    record, with 256 bytes at least, and what a copy rests on that begins at a later segment counts too. 0 is
    no limit.
    """

    look_s: float = 30.0
    """Seconds between two looks at each other member: whether it answers, what it keeps, whether it leaves.
    """

    suspect_s: float = 600.0
    """Seconds of silence after which a member is suspect: its copies still count, and others are asked first.
    """

    replace_s: float = 3_600.0
    """Seconds of silence after which a member counts as lost, and others take its places, unless over a third
    of all members are silent. Danger: a small value copies whole segments for every restart.
    """

    repair_bytes_per_s: int = 64 << 20
    """Bytes of records that this node ships each second to holders that catch up or take a place, and as many
    that it hands out to others that do; what an anchor waits for is never held up. 0 is no limit.
    """

    scrub_bytes_per_s: int = 4 << 20
    """Bytes that are read and compared each second of what is kept here. 0: nothing is, until `tracehold
    scrub` asks for it.
    """
