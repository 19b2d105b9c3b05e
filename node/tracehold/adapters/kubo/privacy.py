"""What must be so before a daemon is given anything: that nobody else's network has it."""

from collections.abc import Callable
from dataclasses import dataclass

from tracehold.adapters.kubo.client import KuboClient
from tracehold.core.errors import Rejected, Unavailable

AGAIN_S = 10.0
"""For so long its word holds: it may be started again with another configuration at any time."""


class Privacy:
    """Looks at a daemon, now and then. `now`: seconds of a clock that only runs forward."""

    def __init__(self, client: KuboClient, now: Callable[[], float]) -> None:
        self._client = client
        self._now = now
        self._until: float | None = None

    async def look(self) -> None:
        """Raises as `check_private`."""
        self._until = None
        began = self._now()
        await check_private(self._client)
        self._until = began + AGAIN_S

    async def sure(self) -> None:
        """Returns if it said so a moment ago, or says so now; BLOBS_DOWN otherwise: a caller has no part in
        what is wrong, and may come again when it is put right.
        """
        if self._until is not None and self._now() < self._until:
            return
        try:
            await self.look()
        except Rejected as error:
            raise Unavailable("BLOBS_DOWN", error.message, remedy=error.remedy) from error


async def check_private(client: KuboClient) -> None:
    """Returns if the daemon knows no public node and asks no public router. BAD_CONFIG otherwise: what it
    keeps could be found and fetched by anybody who has its name. BLOBS_DOWN where it does not say.

    Whether a swarm key keeps strangers off its network cannot be asked; the lab starts it so that it refuses
    to run without one.
    """
    bootstrap = await client.ask("bootstrap/list")
    config = await client.ask("config/show")
    try:
        known, router = bootstrap["Peers"], config["Routing"]["Type"]
    except (TypeError, KeyError) as error:
        raise client.down() from error
    if known or router != "none":
        raise Rejected(
            "BAD_CONFIG",
            "the IPFS daemon is of the public network",
            path="attachments.api",
            remedy="Empty its bootstrap list, set Routing.Type to none, and give it a swarm key.",
        )


@dataclass(frozen=True, slots=True)
class Software:
    """What the daemon is. `peers`: other daemons that it has a line to."""

    version: str
    peers: int


async def software(client: KuboClient) -> Software:
    """Its version and its lines. Raises BLOBS_DOWN where it does not say."""
    version, peers = await client.ask("version"), await client.ask("swarm/peers")
    try:
        return Software(str(version["Version"])[:40], len(peers["Peers"] or ()))
    except (TypeError, KeyError) as error:
        raise client.down() from error
