"""The companies of the story as users of a node: some sign with their own keys, others let the node sign."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracehold.cli.demo.narrator import Told
from tracehold.cli.demo.players import COMPANIES
from tracehold.cli.demo.programs import run
from tracehold.cli.demo.things import Company
from tracehold.cli.demo.world import World

if TYPE_CHECKING:
    from tracehold.core.ids import NetworkId
    from tracehold_client import Item, Uploaded


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of each event, in the order of the story."""

    uploaded: Sequence[tuple[Told, "Uploaded"]]
    items: Mapping[str, Sequence["Item"]]

    @property
    def fingerprints(self) -> list[str]:
        """Of all events that were taken."""
        return [outcome.fingerprint for _, outcome in self.uploaded if outcome.error is None]


def tokens(world: World) -> dict[str, str]:
    """A token for each company that delegates, and one for readers, by name; before the node starts."""
    made = {"reader": world.token("reader")}
    for company in COMPANIES:
        if not company.signs:
            name = company.name.split()[0].lower()
            made[company.name] = world.token(name, "capture", party=company.party.link)
    return made


def enrol(world: World) -> None:
    """A key for each company that signs itself, enrolled in the node's log."""
    from tracehold.adapters.keyfiles import create_signing_key, read_signing_key

    for company in COMPANIES:
        if company.signs:
            path = world.dir / f"{company.prefix}.key"
            create_signing_key(path)
            key = read_signing_key(path).public.cose_key().hex()
            run("party", "enrol", "--dir", str(world.home), "--party", company.party.link, "--key", key)


async def upload(
    world: World, network: "NetworkId", texts: Mapping[str, str], story: Sequence[Told]
) -> Outcomes:
    """All companies upload at the same time, each its own events in order."""
    parts = {company.name: [told for told in story if told.company is company] for company in COMPANIES}
    items = {company.name: _items(world, network, company, parts[company.name]) for company in COMPANIES}
    answers = await asyncio.gather(
        *(_send(world, texts.get(name), parts[name], items[name]) for name in parts)
    )
    by_id = {id(told): outcome for part in answers for told, outcome in part}
    return Outcomes([(told, by_id[id(told)]) for told in story], items)


async def send_again(world: World, texts: Mapping[str, str], outcomes: Outcomes, company: str) -> int:
    """Upload a company's items once more, byte for byte; how many were
    known as duplicates with the same fingerprint.
    """
    told = [each for each, _ in outcomes.uploaded if each.company.name == company]
    first = {outcome.fingerprint for each, outcome in outcomes.uploaded if each.company.name == company}
    again = await _send(world, texts.get(company), told, outcomes.items[company])
    return sum(outcome.duplicate and outcome.fingerprint in first for _, outcome in again)


def _items(world: World, network: "NetworkId", company: Company, story: Sequence[Told]) -> "list[Item]":
    from tracehold.adapters.keyfiles import read_signing_key
    from tracehold_client import Signer, event_json, statement

    if not company.signs:
        return [event_json(told.payload) for told in story]
    signer = Signer(read_signing_key(world.dir / f"{company.prefix}.key"), company.party.link, network)
    return [statement(signer.event(told.payload)) for told in story]


async def _send(
    world: World, token: str | None, story: Sequence[Told], items: "Sequence[Item]"
) -> "list[tuple[Told, Uploaded]]":
    from tracehold_client import AsyncClient, BatchingUploader

    async with AsyncClient(world.grpc, token=token) as client, BatchingUploader(client) as uploader:
        futures = [await uploader.add(item) for item in items]
        await uploader.flush()
        return [(told, await future) for told, future in zip(story, futures, strict=True)]
