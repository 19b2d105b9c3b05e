"""POST /capture of XML: converted, sealed, and kept as it came."""

import asyncio
import json
from typing import Any

import pytest

from tests.api.documents import captured
from tests.api.documents import document as json_document
from tests.api.face import Face
from tests.unit.epcis_xml_samples import OBJECT, document
from tracehold.core.ids import Fingerprint
from tracehold.core.record import fingerprint, parse

SBDH = '<s:StandardBusinessDocumentHeader xmlns:s="urn:x:s"/>'
MASTER = (
    '<EPCISMasterData><VocabularyList><Vocabulary type="urn:epcglobal:epcis:vtype:Location">'
    '<VocabularyElementList><VocabularyElement id="urn:epc:id:sgln:9521000.00001.0">'
    '<attribute id="urn:epcglobal:cbv:mda#name">Silo</attribute></VocabularyElement>'
    "</VocabularyElementList></Vocabulary></VocabularyList></EPCISMasterData>"
)


async def sent(face: Face, raw: bytes, media: str = "application/xml", **headers: str) -> dict[str, Any]:
    """The finished job of an XML document of the farm."""
    async with face.rest("farm", **{"content-type": media, **headers}) as client:
        response = await client.post("/capture", content=raw)
    assert response.status_code == 202, response.text
    return dict((await face.get(response.headers["location"], "farm")).json())


async def refused(face: Face, raw: bytes, media: str = "application/xml") -> tuple[int, str]:
    """Status and code of a refusal."""
    async with face.rest("farm", **{"content-type": media}) as client:
        response = await client.post("/capture", content=raw)
    return response.status_code, response.json()["code"]


async def record(face: Face, each: dict[str, Any]) -> dict[str, Any]:
    """The record of a job's entry, as REST shows it."""
    return dict((await face.get(f"/v1/records/{each['fingerprint']}", "reader")).json()["record"])


@pytest.mark.parametrize("media", ["application/xml", "text/xml; charset=utf-8"])
async def test_xml_becomes_records_that_name_it(face: Face, media: str):
    """Events and master data are sealed as JSON; each names the document, which is handed out as it came."""
    raw = document(header=MASTER + SBDH)
    job = await sent(face, raw, media)
    assert (job["success"], len(job["events"]), len(job["masterdata"])) == (True, 1, 1)
    assert [each["path"] for each in job["warnings"] if each["code"] == "HEADER_NOT_KEPT"] == [
        "/epcisHeader/StandardBusinessDocumentHeader"
    ]
    named = {"fingerprint": fingerprint(raw).hex(), "size": str(len(raw)), "mediaType": "application/xml"}
    for each in (*job["events"], *job["masterdata"]):
        found = await record(face, each)
        assert found["attachments"] == [named]
        got = await face.get(
            f"/v1/records/{each['fingerprint']}/attachments/{named['fingerprint']}", "reader"
        )
        assert (got.status_code, got.content) == (200, raw)
        assert got.headers["content-type"] == "application/octet-stream"
        assert got.headers["content-disposition"].startswith("attachment")


async def test_events_and_master_data_of_one_body_are_both_sealed(face: Face):
    """Neither takes the place of the other; where one would be lost, nothing is taken."""
    both = MASTER.replace("EPCISMasterData", "extension").encode()
    job = await sent(face, document().replace(b"<EPCISBody>", b"<EPCISBody>" + both))
    assert (job["success"], len(job["events"]), len(job["masterdata"])) == (True, 1, 1)
    lost = document().replace(b"<EPCISBody>", b"<EPCISBody><x>" + both + b"</x>")
    assert await refused(face, lost) == (400, "HEADER_NOT_KEPT")


async def test_the_json_twin_is_a_duplicate(face: Face):
    """The same events in JSON are answered with the records that were made of the XML, and the other way."""
    job = await sent(face, document())
    event = json.loads((await payload(face, job["events"][0])).decode())
    again = await captured(face, json_document(json.dumps(event).encode()))
    assert again["events"][0]["fingerprint"] == job["events"][0]["fingerprint"]
    assert again["events"][0]["duplicate"] is True


async def payload(face: Face, each: dict[str, Any]) -> bytes:
    """What the record says."""
    entry = await face.node.store.entry(Fingerprint(bytes.fromhex(each["fingerprint"])))
    assert entry is not None
    return parse(entry.raw).payload


async def test_documents_of_which_nothing_came_are_not_kept(face: Face):
    """Refused as a whole, rolled back, or all of it known before: no record names it."""
    assert await refused(face, b"<a/>") == (400, "NOT_EPCIS")
    job = await sent(face, document(OBJECT + OBJECT.replace("OBSERVE", "CREATE")))
    assert job["success"] is False
    assert face.blobs.kept == {}
    first = document()
    await sent(face, first)
    await sent(face, first + b"<!-- again -->")
    assert [name for _, name in face.blobs.kept] == [fingerprint(first)]


async def test_one_document_twice_at_once_is_kept_once(face: Face):
    """Neither capture takes away what the records of the other name."""
    raw = document()
    jobs = await asyncio.gather(*(sent(face, raw) for _ in range(3)))
    assert len({job["events"][0]["fingerprint"] for job in jobs}) == 1
    assert [name for _, name in face.blobs.kept] == [fingerprint(raw)]


async def test_errors_of_events_have_paths_into_the_json(face: Face):
    """The second event's action, in a document of which the first is kept."""
    raw = document(OBJECT + OBJECT.replace("OBSERVE", "CREATE"))
    job = await sent(face, raw, **{"gs1-capture-error-behaviour": "proceed"})
    assert [(each["code"], each["path"]) for each in job["errors"]] == [
        ("EPCIS_FORM", "/epcisBody/eventList/1/action")
    ]
    assert [name for _, name in face.blobs.kept] == [fingerprint(raw)]


async def test_attack_xml_bomb_over_rest(face: Face):
    """Refused with its code; nothing is kept, and no job made."""
    bomb = document().replace(b"?>\n", b'?><!DOCTYPE x [<!ENTITY a "b">]>', 1)
    assert await refused(face, bomb) == (400, "XML_DOCTYPE")
    assert await refused(face, document().decode().encode("utf-16")) == (400, "MALFORMED_XML")
    assert (await face.get("/capture", "farm")).json() == []
    assert face.blobs.kept == {}


async def test_attack_xml_that_calls_itself_json(face: Face):
    """What the body is said to be decides, not what it looks like."""
    assert await refused(face, document(), "application/json") == (400, "MALFORMED_JSON")
    assert await refused(face, b"{}", "text/xml") == (400, "MALFORMED_XML")
    assert (await refused(face, document(), "application/soap+xml"))[0] == 415


async def test_attack_attachment_by_another_record(face: Face):
    """Bytes are handed out through a record that names them and that the caller may read, and no other."""
    raw = document()
    hidden = await sent(face, raw, **{"tracehold-audience": "authority"})
    other = await captured(face, json_document())
    open_ = await sent(face, document(OBJECT.replace("x1", "x2")))
    name, mine = fingerprint(raw).hex(), hidden["events"][0]["fingerprint"]
    assert other["events"] == []
    for path, who, status in (
        (f"{mine}/attachments/{name}", "authority", 200),
        (f"{mine}/attachments/{name}", "reader", 403),
        (f"{mine}/attachments/{name}", None, 401),
        (f"{open_['events'][0]['fingerprint']}/attachments/{name}", "authority", 404),
        (f"{name}/attachments/{name}", "authority", 404),
        (f"{mine}/attachments/{mine}", "authority", 404),
        (f"{mine}/attachments/..%2f..%2fkey", "authority", 404),
        (f"{mine}/attachments/{name.upper()}", "authority", 400),
        (f"{mine}/attachments/{name[:-1]}", "authority", 400),
    ):
        assert (await face.get(f"/v1/records/{path}", who)).status_code == status, (path, who)


async def test_a_node_without_the_bytes_says_so(face: Face):
    """NOT_FOUND, not an empty file."""
    raw = document()
    job = await sent(face, raw)
    face.blobs.kept.clear()
    path = f"/v1/records/{job['events'][0]['fingerprint']}/attachments/{fingerprint(raw).hex()}"
    got = await face.get(path, "reader")
    assert (got.status_code, got.json()["code"]) == (404, "NOT_FOUND")
