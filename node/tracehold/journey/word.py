"""The node's own word for what it answers, signed with its node key."""

from tracehold.core.dossier.word import Word, sign_word
from tracehold.core.record import Kind, parse
from tracehold.journey.own_log import OwnLog
from tracehold.journey.ports import RecordLog
from tracehold.journey.receipts import Receipts

_KEYS = frozenset({Kind.LOG_HEADER, Kind.ROTATE})
"""What says which node key is in force."""


async def word(store: RecordLog, own: OwnLog, answer: bytes) -> Word | None:
    """The word for `answer.json`, with what tells whose key signed it, under the newest checkpoint; None
    before there is one. Raises what the store raises.
    """
    checkpoint = own.checkpoint
    if checkpoint is None:
        return None
    entries = await store.controls(own.log)
    needed = [e for e in entries if e.index < checkpoint.size and parse(e.raw).header.kind in _KEYS]
    receipts = await Receipts(store).under(checkpoint, [entry.index for entry in needed])
    pairs = [(entry.raw, made) for entry, made in zip(needed, receipts, strict=True)]
    return sign_word(answer, own.identity.under(own.roster.node_key).key, tuple(pairs))
