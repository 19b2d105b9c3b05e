"""POST /capture: documents to jobs, with every event's end."""

import pytest

from tests.api.documents import captured, document
from tests.api.face import Face
from tests.journey.network import FARM, begun, packed
from tests.shared_data import shared

LOT = "https://id.gs1.org/01/09521000001237/10/A"
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
PLACE = "urn:epcglobal:epcis:vtype:Location"


async def test_document_becomes_a_job_with_every_record(face: Face):
    """Events and master data are sealed for the token's party; the job knows each one's state."""
    job = await captured(face, document(begun(LOT, 1), begun(LOT, 2), names=("Silo",)))
    assert (job["success"], job["errors"], job["captureErrorBehaviour"]) == (True, [], "rollback")
    assert [event["index"] for event in job["events"]] == [0, 1]
    assert [len(job["events"]), len(job["masterdata"])] == [2, 1]
    assert {each["state"] for each in job["events"] + job["masterdata"]} == {"SEALED"}
    await face.node.finish()
    later = (await face.get(f"/capture/{job['captureID']}", "farm")).json()
    assert {each["state"] for each in later["events"]} == {"FINAL"}
    record = (await face.get(f"/v1/records/{job['events'][0]['fingerprint']}", "reader")).json()["record"]
    assert record["speaker"]["party"] == FARM
    assert record["speaker"]["level"] == "DELEGATED_ASSERTED"


async def test_same_document_twice_is_answered_with_the_first_fingerprints(face: Face):
    """Capturing again seals nothing new and says DUPLICATE for every part."""
    body = document(begun(LOT, 1), names=("Silo",))
    first, second = await captured(face, body), await captured(face, body)
    assert first["captureID"] != second["captureID"]
    for what in ("events", "masterdata"):
        assert [e["fingerprint"] for e in first[what]] == [e["fingerprint"] for e in second[what]]
        assert {e["duplicate"] for e in first[what]} == {False}
        assert {e["duplicate"] for e in second[what]} == {True}
    assert second["success"] is True


async def test_one_bad_event_rolls_the_document_back(face: Face):
    """By default all events are kept or none; the error names the event's place in the document."""
    size = await face.node.store.size(face.node.log)
    job = await captured(face, document(begun(LOT, 1), packed("", [LOT], 2), names=("Silo",)))
    assert job["success"] is False
    codes = {error["path"]: error["code"] for error in job["errors"]}
    assert codes.pop("/epcisBody/eventList/0") == "BATCH_REFUSED"
    assert (
        codes.pop("/epcisHeader/epcisMasterData/vocabularyList/0/vocabularyElementList/0") == "BATCH_REFUSED"
    )
    ((path, code),) = codes.items()
    assert path.startswith("/epcisBody/eventList/1/")
    assert code.startswith("EPCIS_") or code == "BAD_URI"
    assert {error["type"] for error in job["errors"]} == {"epcisException:ValidationException"}
    assert {each["fingerprint"] for each in job["events"]} == {""}
    assert await face.node.store.size(face.node.log) == size


async def test_proceed_keeps_what_can_be_kept(face: Face):
    """With `proceed` the bad event refuses itself only."""
    body = document(begun(LOT, 1), packed("", [LOT], 2), begun(LOT, 3))
    job = await captured(face, body, **{"GS1-Capture-Error-Behaviour": "proceed"})
    assert (job["success"], len(job["errors"])) == (False, 1)
    assert [bool(each["fingerprint"]) for each in job["events"]] == [True, False, True]


async def test_bad_element_of_master_data_names_its_place(face: Face):
    """The second element of the second vocabulary is found by its path."""
    body = document(begun(LOT, 1), names=("Silo",))
    good = body["epcisHeader"]["epcisMasterData"]["vocabularyList"][0]["vocabularyElementList"][0]
    bad = {"type": PLACE, "vocabularyElementList": [good, {"attributes": []}]}
    body["epcisHeader"]["epcisMasterData"]["vocabularyList"].append(bad)
    job = await captured(face, body, **{"GS1-Capture-Error-Behaviour": "proceed"})
    (error,) = job["errors"]
    assert error["code"] == "BAD_MASTERDATA"
    assert error["path"].startswith("/epcisHeader/epcisMasterData/vocabularyList/1/vocabularyElementList/1")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "MALFORMED_JSON"),
        (b"[]", "NOT_EPCIS"),
        (b'{"type":"Invoice"}', "NOT_EPCIS"),
        (b'{"type":"EPCISDocument","type":"EPCISDocument"}', "MALFORMED_JSON"),
        (b'{"@context":"x","type":"EPCISDocument","schemaVersion":"2.0","epcisBody":{}}', "EPCIS_FORM"),
        (
            b'{"@context":"x","type":"EPCISDocument","schemaVersion":"2.0","epcisBody":{"eventList":[]},'
            b'"epcisHeader":{"other":1}}',
            "HEADER_NOT_KEPT",
        ),
    ],
)
async def test_document_that_cannot_be_read_is_refused_at_once(face: Face, body: bytes, code: str):
    """No job is made of what is no document; the problem speaks the binding's words and ours."""
    response = await face.post(
        "/capture", who="farm", content=body, headers={"content-type": "application/json"}
    )
    problem = response.json()
    assert (response.status_code, problem["code"]) == (400, code)
    assert problem["type"] == "epcisException:ValidationException"
    assert (await face.get("/capture", "farm")).json() == []


async def test_single_event_and_json_ld_media_type_are_taken(face: Face):
    """One event with its own context is a document of one; paths are within it."""
    headers = {"content-type": "application/ld+json"}
    response = await face.post("/capture", who="farm", content=begun(LOT, 1), headers=headers)
    assert response.status_code == 202
    response = await face.post("/capture", who="farm", content=packed("", [LOT], 2), headers=headers)
    job = (await face.get(response.headers["location"], "farm")).json()
    assert not job["errors"][0]["path"].startswith("/epcisBody")


async def test_more_events_than_the_limit_are_413(face: Face):
    """10,001 events: refused as a whole, with the limits beside it."""
    body = document(*[b"{}"] * 10_001)
    response = await face.post("/capture", body, "farm")
    assert (response.status_code, response.json()["code"]) == (413, "TOO_MANY_RECORDS")
    assert response.json()["type"] == "epcisException:CaptureLimitExceededException"
    assert response.headers["gs1-epcis-capture-limit"] == "10000"


async def test_context_that_would_multiply_a_document_is_refused(face: Face):
    """A large context counts once for each event: a small document cannot become a huge one."""
    context = [CONTEXT, {f"prefix{at}": "https://example.org/" + "x" * 900 for at in range(15)}]
    events = [begun(LOT, 1)] * 5_000
    body = document(*events) | {"@context": context}
    for event in body["epcisBody"]["eventList"]:
        event.pop("@context")
    response = await face.post("/capture", body, "farm")
    assert (response.status_code, response.json()["code"]) == (413, "REQUEST_TOO_LARGE")


@pytest.mark.parametrize(
    ("who", "status", "kind"),
    [
        (None, 401, "SecurityException"),
        ("reader", 403, "SecurityException"),
        ("authority", 403, "SecurityException"),
    ],
)
async def test_only_a_token_for_a_party_captures(face: Face, who: str | None, status: int, kind: str):
    """Whoever may read everything may still say nothing in a party's name."""
    response = await face.post("/capture", document(begun(LOT, 1)), who)
    assert response.status_code == status
    assert response.json()["type"] == f"epcisException:{kind}"


async def test_discovery_needs_no_token(face: Face):
    """OPTIONS tells versions and limits before anything is sent."""
    async with face.rest() as client:
        response = await client.options("/capture")
    assert response.status_code == 204
    assert "POST" in response.headers["allow"]
    assert response.headers["gs1-epcis-version"] == "2.0.0"
    assert response.headers["gs1-epcis-capture-file-size-limit"] == str(32 << 20)
    assert response.headers["gs1-capture-error-behaviour"] == "rollback"


@pytest.mark.parametrize(
    "headers",
    [
        {"GS1-Capture-Error-Behaviour": "perhaps"},
        {"Tracehold-Audience": "everyone"},
        {"Tracehold-Audience": ""},
    ],
)
async def test_unknown_words_in_headers_are_refused(face: Face, headers: dict[str, str]):
    """A misspelt header must not fall back to a default that means something else."""
    response = await face.post("/capture", document(begun(LOT, 1)), "farm", headers=headers)
    assert response.status_code == 400


async def test_audience_of_a_document_can_be_chosen(face: Face):
    """What is captured for `parties` is not shown to the network."""
    job = await captured(face, document(begun(LOT, 1)), **{"Tracehold-Audience": "parties"})
    path = f"/v1/records/{job['events'][0]['fingerprint']}"
    assert [(await face.get(path, who)).status_code for who in ("farm", "reader")] == [200, 403]


async def test_gdst_document_is_captured_whole(face: Face):
    """21 real events and their master data, all final in the end."""
    raw = shared("epcis/gdst/traceback_tests.jsonld").read_bytes()
    headers = {"content-type": "application/ld+json"}
    response = await face.post("/capture", who="farm", content=raw, headers=headers)
    assert response.status_code == 202, response.text
    await face.node.finish()
    job = (await face.get(response.headers["location"], "farm")).json()
    assert job["errors"] == []
    assert len(job["events"]) == 21
    assert len(job["masterdata"]) > 0
    assert {each["state"] for each in job["events"] + job["masterdata"]} == {"FINAL"}
