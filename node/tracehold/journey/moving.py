"""Attachments brought over from one store to another."""

from tracehold.core.errors import Broken
from tracehold.core.ids import Fingerprint
from tracehold.journey.ports import Blobs, Owner

AT_ONCE = 100
"""Names in one look."""


async def move(source: Blobs, target: Blobs) -> int:
    """Bring over all that `source` keeps, each erased there when it is durable here; how many that were.
    Harmless to repeat, also after a crash in between. What is damaged stays where it is. Raises what both
    stores raise.
    """
    since = {(each.owner, each.name): each.since for each in await source.unsettled()}
    moved, after = 0, None
    while names := await source.names(after, AT_ONCE):
        for whose in names:
            moved += await _brought(source, target, whose, since.get(whose))
        after = names[-1]
    return moved


async def _brought(source: Blobs, target: Blobs, whose: tuple[Owner, Fingerprint], since: int | None) -> bool:
    try:
        if (blocks := await source.blocks(*whose)) is None:
            return False
        async with target.receive(whose[0]) as arriving:
            async for piece in source.read(*whose, 0, blocks.size):
                await arriving.write(piece)
            if (await arriving.end()).fingerprint != whose[1]:
                return False
            await arriving.keep(since)
    except Broken as error:
        if error.code != "CORRUPT":
            raise
        return False
    await source.erase(*whose)
    return True
