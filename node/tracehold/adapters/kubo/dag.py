"""Blocks and pins of a daemon, which asks the others of its network for what it has not."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

from tracehold.adapters.kubo.car import car, parts
from tracehold.adapters.kubo.client import KuboClient, Refusal
from tracehold.core.cid import Cid
from tracehold.core.dag import check, named
from tracehold.core.errors import Broken, Rejected
from tracehold.core.limits import BLOCK_BYTES

PART_BYTES = 16 << 20
"""Blocks are sent in streams of so many bytes."""
AT_ONCE = 500
"""Names in one call."""
STILL_S = 10.0
"""A pin that gets on by no block for so long beyond the caller's patience waits for what nobody has. Of its
own blocks a daemon passes thousands in that time, and says every half second how many.
"""
_GONE = ("not found", "could not find")
_LATE = "deadline exceeded"


async def _anybody() -> None:
    """Every daemon will do."""


class KuboDag:
    """`journey.ports.dag.Dag` of a daemon. `sure` is awaited before it is given anything or asked to fetch,
    and raises where it must not be.
    """

    def __init__(self, client: KuboClient, sure: Callable[[], Awaitable[None]] = _anybody) -> None:
        self._client = client
        self._sure = sure

    async def put(self, blocks: Mapping[Cid, bytes]) -> None:
        """Keep these blocks: in streams, each of which the daemon reads to its end or refuses."""
        for cid, raw in blocks.items():
            check(cid, raw)
        await self._sure()
        for part in parts(blocks, PART_BYTES):
            await self._import(part)

    async def get(self, cid: Cid, patience_s: float = 0.0) -> bytes | None:
        """The block, compared with its name."""
        if patience_s > 0:
            await self._sure()
        waits = ("timeout", f"{patience_s:.3f}s") if patience_s > 0 else ("offline", "true")
        limit = None if patience_s <= 0 else patience_s + STILL_S
        try:
            raw = await self._client.call(
                "block/get", (("arg", str(cid)), waits), most=BLOCK_BYTES + 1, timeout_s=limit
            )
        except Refusal as error:
            if any(words in error.said for words in (*_GONE, _LATE)):
                return None
            raise self._client.down() from error
        if not named(cid, raw):
            raise Broken("CORRUPT", f"the IPFS daemon has other bytes under the name {cid}")
        return raw

    async def pin(self, root: Cid, patience_s: float = 0.0) -> None:
        """Hold the graph below the root, as long as it gets on."""
        await self._sure()
        words = (("arg", str(root)), ("recursive", "true"), ("progress", "true"))
        try:
            async with self._client.lines("pin/add", *words) as told:
                done = await _to_the_end(told, patience_s + STILL_S)
        except (TimeoutError, Refusal) as error:
            if isinstance(error, Refusal) and not any(words in error.said for words in _GONE):
                raise self._client.down() from error
            raise Rejected("NOT_FOUND", f"of what is below {root}, not all is to be had") from error
        if not done:
            raise self._client.down()

    async def unpin(self, root: Cid) -> None:
        """Hold it no more."""
        try:
            await self._client.call("pin/rm", (("arg", str(root)), ("recursive", "true")))
        except Refusal as error:
            if not error.said.startswith("not pinned"):
                raise self._client.down() from error

    async def drop(self, cids: Collection[Cid]) -> None:
        """Delete those that no pin holds, and look that they are gone."""
        names = sorted({str(cid) for cid in cids})
        for start in range(0, len(names), AT_ONCE):
            for name in await self._remove(names[start : start + AT_ONCE]):
                if await self._here(name):
                    raise self._client.down()

    # -- parts

    async def _import(self, blocks: Mapping[Cid, bytes]) -> None:
        """`Stats` come once all is written; without them it ended early, though the status said 200."""
        words = (("pin-roots", "false"), ("stats", "true"))
        try:
            said = await self._client.call("dag/import", words, send=lambda: car(blocks))
            taken = [each["Stats"]["BlockCount"] for each in _objects(said) if "Stats" in each]
        except (Refusal, ValueError, KeyError, TypeError) as error:
            raise self._client.down() from error
        if taken != [len(blocks)]:
            raise self._client.down()

    async def _remove(self, names: Sequence[str]) -> list[str]:
        """Those that were deleted; the others are pinned. `force`: what is not here is no mistake."""
        words = [*(("arg", name) for name in names), ("force", "true")]
        try:
            said = list(_objects(await self._client.call("block/rm", words)))
        except (Refusal, ValueError) as error:
            raise self._client.down() from error
        told = {each.get("Hash"): str(each.get("Error", "")) for each in said}
        refused = [name for name in names if told.get(name, "no word of it")]
        if any(not told.get(name, "").startswith("pinned") for name in refused):
            raise self._client.down()
        return [name for name in names if name not in set(refused)]

    async def _here(self, name: str) -> bool:
        try:
            await self._client.call("block/stat", (("arg", name), ("offline", "true")))
        except Refusal as error:
            if any(words in error.said for words in _GONE):
                return False
            raise self._client.down() from error
        return True


async def _to_the_end(told: AsyncIterator[bytes], still_s: float) -> bool:
    """Whether the last line says that it is pinned. TimeoutError where nothing more comes for so long."""
    loop = asyncio.get_running_loop()
    seen = -1
    async with asyncio.timeout(still_s) as limit:
        async for line in told:
            said = next(iter(_objects(line)), {})
            if said.get("Pins"):
                return True
            if (count := int(said.get("Progress") or 0)) > seen:
                seen = count
                limit.reschedule(loop.time() + still_s)
    return False


def _objects(said: bytes) -> list[dict[str, Any]]:
    """One object a line. ValueError where a line is none."""
    found = [json.loads(line) for line in said.splitlines() if line.strip()]
    if not all(isinstance(each, dict) for each in found):
        raise ValueError("a line that is no object")
    return found
