"""The companies of the story as users of nodes: one signs itself, others let a node sign; some send EPCIS
documents over REST, others events over gRPC.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tracehold.cli.demo.narrator import CONTEXT, Told
from tracehold.cli.demo.players import SENDERS, Sender, Way
from tracehold.cli.demo.stage import Stage
from tracehold.core.errors import Unavailable

if TYPE_CHECKING:
    from tracehold.core.ids import NetworkId
    from tracehold_client import Item, Signer
    from tracehold_client.rest import RestClient

_PATIENCE_S, _LOOK_S = 30.0, 0.05


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one event: its fingerprint at the node that took it, or why it was refused."""

    told: Told
    node: str
    fingerprint: str
    duplicate: bool = False
    error: str = ""


async def enrol(stage: Stage, network: "NetworkId") -> None:
    """Keys for the companies that sign, enrolled at their nodes by the operators; and the mandate that one of
    them signs.
    """
    from tracehold.adapters.keyfiles import read_signing_key
    from tracehold.core.control import Enrol, Mandate
    from tracehold_client import Signer, statement

    for sender in SENDERS:
        if sender.way not in {Way.OWN_KEY, Way.MANDATED}:
            continue
        operator = stage.lab.plan.seat(sender.node).operator
        node = Signer(read_signing_key(stage.lab.home(sender.node) / "keys" / "node.key"), operator, network)
        signer = _signer(stage, sender, network)
        says = [node.control(Enrol(signer.party, signer.key.public))]
        if sender.way is Way.MANDATED:
            says.append(signer.control(Mandate(operator)))
        async with stage.client(sender.node) as client:
            for each in says:  # one after the other: a key speaks from the entry after its enrolment on
                (answer,) = await client.upload([statement(each)])
                answer.unwrap()


async def upload(stage: Stage, network: "NetworkId", story: Sequence[Told]) -> list[Sent]:
    """All companies send at the same time, each its own events in order. In the order of the story."""
    parts = [(sender, [told for told in story if told.company is sender.company]) for sender in SENDERS]
    answers = await asyncio.gather(*(send(stage, network, sender, part) for sender, part in parts if part))
    by_event = {id(sent.told): sent for part in answers for sent in part}
    return [by_event[id(told)] for told in story]


async def send(stage: Stage, network: "NetworkId", sender: Sender, story: Sequence[Told]) -> list[Sent]:
    """A company's events on its way, to SEALED."""
    if sender.documents:
        return await asyncio.to_thread(_capture, stage, sender, story)
    return await _send(stage, sender, story, _items(stage, sender, network, story))


def _signer(stage: Stage, sender: Sender, network: "NetworkId") -> "Signer":
    """The company's own key, made when it is first needed."""
    from tracehold.adapters.keyfiles import create_signing_key, read_signing_key
    from tracehold_client import Signer

    path = stage.dir / f"{sender.company.prefix}.key"
    if not path.exists():
        create_signing_key(path)
    return Signer(read_signing_key(path), sender.company.party.link, network)


def _items(stage: Stage, sender: Sender, network: "NetworkId", story: Sequence[Told]) -> "list[Item]":
    from tracehold_client import event_json, statement

    if sender.way is not Way.OWN_KEY:
        return [event_json(told.payload) for told in story]
    signer = _signer(stage, sender, network)
    return [statement(signer.event(told.payload)) for told in story]


async def _send(stage: Stage, sender: Sender, story: Sequence[Told], items: "Sequence[Item]") -> list[Sent]:
    from tracehold_client import BatchingUploader

    token = stage.texts[sender.company.prefix]
    async with stage.client(sender.node, token) as client, BatchingUploader(client) as uploader:
        futures = [await uploader.add(item) for item in items]
        await uploader.flush()
        done = [await future for future in futures]
    return [
        Sent(told, sender.node, each.fingerprint, each.duplicate, str(each.error or ""))
        for told, each in zip(story, done, strict=True)
    ]


def _capture(stage: Stage, sender: Sender, story: Sequence[Told]) -> list[Sent]:
    """One EPCIS document, as an ERP exports it."""
    from tracehold_client.rest import RestClient

    client = RestClient(stage.lab.plan.seat(sender.node).rest, token=stage.texts[sender.company.prefix])
    job = _ended(client, client.capture(_document(story)))
    refused = "; ".join(f"{error.get('path')}: {error.get('detail')}" for error in job["errors"])
    return [
        Sent(
            told, sender.node, each["fingerprint"], each["duplicate"], "" if each["fingerprint"] else refused
        )
        for told, each in zip(story, job["events"], strict=True)
    ]


def _document(story: Sequence[Told]) -> bytes:
    events = [
        {key: value for key, value in json.loads(told.payload).items() if key != "@context"} for told in story
    ]
    return json.dumps(
        {
            "@context": [CONTEXT],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": story[-1].time.isoformat(),
            "epcisBody": {"eventList": events},
        }
    ).encode()


def _ended(client: "RestClient", path: str) -> dict[str, Any]:
    end = time.monotonic() + _PATIENCE_S
    while (job := client.job(path))["running"]:
        if time.monotonic() > end:
            raise Unavailable("DEADLINE", f"the capture job {path} still runs")
        time.sleep(_LOOK_S)
    return job
