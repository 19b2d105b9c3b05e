"""What must be so before a daemon is given anything: that nobody else's network has it."""

from tracehold.adapters.kubo.client import KuboClient
from tracehold.core.errors import Rejected


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
            path="attachments.ipfs",
            remedy="Empty its bootstrap list, set Routing.Type to none, and give it a swarm key.",
        )
