"""Documents to capture, and capturing them."""

import json
from typing import Any

from tests.api.face import Face

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
PLACE = "urn:epcglobal:epcis:vtype:Location"


def document(*events: bytes, names: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """An EPCIS document with these events, and master data about as many places as there are names."""
    elements = [
        {
            "id": f"urn:epc:id:sgln:9521000.00001.{at}",
            "attributes": [{"id": "urn:epcglobal:cbv:mda#name", "attribute": name}],
        }
        for at, name in enumerate(names)
    ]
    header = {"epcisMasterData": {"vocabularyList": [{"type": PLACE, "vocabularyElementList": elements}]}}
    return {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-01T10:00:00Z",
        **({"epcisHeader": header} if names else {}),
        "epcisBody": {"eventList": [json.loads(event) for event in events]},
        **more,
    }


async def captured(face: Face, body: Any, who: str = "farm", **headers: str) -> dict[str, Any]:
    """The finished job of a document."""
    response = await face.post("/capture", body, who, headers=headers)
    assert response.status_code == 202, response.text
    job: dict[str, Any] = (await face.get(response.headers["location"], who)).json()
    assert job["running"] is False
    return job
