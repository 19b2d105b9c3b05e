"""Statements as a provider would make them, and as an attacker would."""

import json
import secrets
import time
from typing import Any

from tests.e2e.conftest import SIGNER, SIGNER_KEY
from tracehold.core.ids import NetworkId
from tracehold_client import Client, Signer

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def network_of(client: Client) -> NetworkId:
    """The network that the node is of."""
    return NetworkId(bytes.fromhex(client.status().network))


def signer(client: Client, **changes: Any) -> Signer:
    """A signer of the party SIGNER, with changes."""
    parts: dict[str, Any] = {"key": SIGNER_KEY, "party": SIGNER.party.link, "network": network_of(client)}
    return Signer(**(parts | changes))


def event(item: str | None = None, **changes: Any) -> bytes:
    """One valid event about an item, by default one that nobody else speaks of."""
    body: dict[str, Any] = {
        "@context": CONTEXT,
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "eventTime": "2026-01-10T08:00:00Z",
        "eventTimeZoneOffset": "+00:00",
        "epcList": [item or SIGNER.piece(1, f"S{secrets.token_hex(6)}").link],
        "bizStep": "inspecting",
    }
    return json.dumps(body | changes).encode()


def document(*events: bytes) -> bytes:
    """An EPCISDocument of these events."""
    body = {"eventList": [json.loads(each) for each in events]}
    head = {"@context": [CONTEXT], "type": "EPCISDocument", "schemaVersion": "2.0"}
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return json.dumps(head | {"creationDate": stamp, "epcisBody": body}).encode()
