"""Originals of captured XML: whose they are, when they are written, and when they go."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.api.face import Face
from tests.journey.network import FARM, MILL
from tests.journey.scene import MILL_KEY, NETWORK, SALTS, control
from tests.unit.epcis_xml_samples import OBJECT, document
from tracehold.core.control import Enrol, Redact
from tracehold.core.errors import Broken, Rejected, TraceholdError, Unavailable
from tracehold.core.ids import Fingerprint
from tracehold.core.record import Audience, event_header, fingerprint, sign
from tracehold.journey.erase import Eraser
from tracehold.journey.intake import Statement
from tracehold.journey.originals import Originals, attachment, owner
from tracehold.journey.upload import Disk
from tracehold.node.gate import Gate

RAW = document()
NAME = fingerprint(RAW)
TWO = document(OBJECT + OBJECT.replace("x1", "x2"))
PROCEED = {"gs1-capture-error-behaviour": "proceed"}


async def sent(
    face: Face, raw: bytes = RAW, who: str = "farm", *, status: int = 202, more: dict[str, str] | None = None
) -> Any:
    """The finished job of an XML document, or the refusal."""
    async with face.rest(who, **{"content-type": "application/xml", **(more or {})}) as client:
        response = await client.post("/capture", content=raw)
    assert response.status_code == status, response.text
    return (await face.get(response.headers["location"], who)).json() if status == 202 else response.json()


def record(job: Any, at: int = 0) -> Fingerprint:
    """A record that the job made."""
    return Fingerprint(bytes.fromhex(job["events"][at]["fingerprint"]))


async def download(face: Face, by: Fingerprint, name: Fingerprint = NAME, who: str = "reader") -> int:
    """How asking for an attachment is answered."""
    return (await face.get(f"/v1/records/{by.hex()}/attachments/{name.hex()}", who)).status_code


async def statement(face: Face, audience: Audience = Audience.PUBLIC) -> Fingerprint:
    """The mill signs an event that names the farm's document."""
    own = face.node.sealer.own.identity
    await face.node.upload(control(Enrol(MILL, MILL_KEY.public), key=own.key, party=own.operator))
    head = event_header(MILL_KEY.public, MILL, NETWORK, 1_790_000_000, SALTS(16))
    head = replace(head, audience=audience, attachments=(attachment(RAW, "application/xml"),))
    event = (
        b'{"@context":"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld","type":"ObjectEvent",'
        b'"action":"OBSERVE","eventTime":"2026-03-01T12:00:00Z","eventTimeZoneOffset":"+00:00",'
        b'"epcList":["urn:x:mill"]}'
    )
    (outcome,) = await face.node.upload(Statement(sign(head, event, MILL_KEY)))
    assert outcome.fingerprint is not None
    return outcome.fingerprint


async def redact(face: Face, name: Fingerprint, party: str | None = None, key: Any = None) -> None:
    """Redacted by the operator, or the party, and carried out."""
    own = face.node.sealer.own.identity
    entry = await face.node.store.entry(name)
    assert entry is not None
    says = Redact(name, entry.index)
    await face.node.upload(control(says, key=key or own.key, party=party or own.operator))
    await face.node.finish()
    assert await eraser(face).once() == 1


def eraser(face: Face) -> Eraser:
    """The node's."""
    return Eraser(face.node.store, face.node.graph, originals=face.originals)


async def test_redaction_erases_the_original_of_its_party(face: Face):
    """The whole document goes, before the record; another party's of the same bytes stays."""
    farm, mill = await sent(face, TWO), await sent(face, TWO, "mill")
    await redact(face, record(farm))
    log = face.node.log
    assert list(face.blobs.kept) == [(owner(log, MILL), fingerprint(TWO))]
    assert await download(face, record(farm, 1), fingerprint(TWO)) == 404
    assert await download(face, record(mill, 1), fingerprint(TWO)) == 200


async def test_attack_erase_by_naming_anothers_original(face: Face):
    """A statement that names what another party brought takes nothing with it when it is redacted."""
    job = await sent(face)
    await redact(face, await statement(face), MILL, MILL_KEY)
    assert await download(face, record(job)) == 200


async def test_attack_erase_from_a_foreign_log(face: Face):
    """Nor does a record in another operator's log, though its node signed it for a party of this name."""
    job = await sent(face)
    other = await face.node.network.join()
    kept = Originals(face.blobs, other.store, lambda: other.sealer.own, Disk(lambda: 1 << 40).check)
    (entry,) = await face.node.store.read(face.node.log, 2, 3)
    async with kept.forgetting(entry):
        pass
    assert await download(face, record(job)) == 200


@pytest.mark.parametrize("kept", [True, False])
async def test_attack_read_or_guess_by_naming_anothers_original(face: Face, kept: bool):
    """One's own public record opens nothing, and is answered alike whether the document is here or not."""
    if kept:
        await sent(face, more={"tracehold-audience": "authority"})
    assert await download(face, await statement(face), who="mill") == 404


async def test_a_partys_statement_names_its_own_original(face: Face):
    """What the mill signed itself opens what the node converted for the mill, and takes it away."""
    await sent(face, who="mill")
    name = await statement(face)
    assert await download(face, name) == 200
    await redact(face, name, MILL, MILL_KEY)
    assert face.blobs.kept == {}


def failing(error: BaseException) -> Callable[..., Any]:
    """Raises it."""

    async def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


@pytest.mark.parametrize(
    "code", ["DISK_LOW", "BUSY", "STOPPING", "GRAPH_DOWN", "TOO_MANY_RECORDS", "STORE_FAILED"]
)
@pytest.mark.parametrize("where", ["_disk", "policy", "_sealer"])
async def test_a_refused_capture_leaves_nothing_on_disk(
    face: Face, monkeypatch: pytest.MonkeyPatch, code: str, where: str
):
    """Whatever it is refused for, and wherever, before anything is sealed."""
    family = {"TOO_MANY_RECORDS": Rejected, "STORE_FAILED": Broken}.get(code, Unavailable)
    error: TraceholdError = family(code, "x")
    uploads, written = face.node.uploads, []
    real = face.blobs.keep

    async def keep(*args: Any) -> None:
        written.append(args)
        await real(*args)

    monkeypatch.setattr(face.blobs, "keep", keep)

    def check(*_: Any) -> None:
        raise error

    if where == "_disk":
        monkeypatch.setattr(Disk, "check", check)
    elif where == "policy":
        monkeypatch.setattr(uploads, "policy", failing(error))
    else:
        monkeypatch.setattr(uploads._sealer, "seal", failing(error))
    async with face.rest("farm", **{"content-type": "application/xml"}) as client:
        assert (await client.post("/capture", content=RAW)).status_code != 202
    if where == "_sealer" and code in ("STOPPING", "STORE_FAILED"):
        await face.originals.sweep()  # at the next start: the log tells
    assert len(written) == (where == "_sealer")
    assert (face.blobs.kept, face.blobs.open) == ({}, {})


async def test_the_gate_is_asked_before_the_bytes_are_written(face: Face, monkeypatch: pytest.MonkeyPatch):
    """A closed one keeps them off the disk; an open one lets them on it before anything is sealed."""
    gate, real, there = Gate(face.node.uploads), face.node.sealer.seal, []
    face.desk.captures = replace(face.desk.captures, uploads=gate)

    async def seal(*args: Any, **more: Any) -> Any:
        there.append((list(face.blobs.kept.values()), list(face.blobs.open.values())))
        return await real(*args, **more)

    monkeypatch.setattr(face.node.sealer, "seal", seal)
    assert (await sent(face, status=503))["code"] == "STARTING"
    assert (there, face.blobs.kept) == ([], {})
    await gate.open(started, asyncio.sleep, lambda _: None)
    await sent(face)
    assert (there, face.blobs.open) == ([([RAW], [2])], {})


async def started() -> None:
    """The log is the chain's."""


async def test_the_disk_is_asked_for_room_for_the_document(face: Face, monkeypatch: pytest.MonkeyPatch):
    """The reserve is what stays free when it was written."""
    reserve = face.node.uploads._disk.reserve
    for free, status in ((reserve + len(RAW) - 1, 429), (reserve + len(RAW), 202)):
        object.__setattr__(face.originals, "room", Disk(lambda: free).check)  # noqa: B023
        answer = await sent(face, status=status)
        assert (len(face.blobs.kept), answer.get("code")) == ((0, "DISK_LOW") if status == 429 else (1, None))


async def test_an_unknown_outcome_is_decided_by_the_log(face: Face, monkeypatch: pytest.MonkeyPatch):
    """The sealer fails after the append: the bytes stay, and are handed out, before and after the sweep."""
    real = face.node.sealer.seal

    async def lost(*args: Any, **more: Any) -> Any:
        await real(*args, **more)
        raise Broken("STORE_FAILED", "the answer was lost")

    with monkeypatch.context() as patched:
        patched.setattr(face.node.sealer, "seal", lost)
        await sent(face, status=500)
    assert len(face.blobs.open) == 1
    (entry,) = await face.node.store.read(face.node.log, 2, 3)
    for _ in range(2):
        assert await download(face, entry.fingerprint) == 200
        await face.originals.sweep()
    assert face.blobs.open == {}


async def test_the_sweep_takes_what_no_record_names(face: Face):
    """Also where another party's record names it, or one from before it came."""
    job = await sent(face)
    log, end = face.node.log, await face.node.store.size(face.node.log)
    for party, since in ((FARM, end), (MILL, 0), ("urn:x:other", 0)):
        face.blobs.kept.pop((owner(log, party), NAME), None)
        await face.blobs.keep(owner(log, party), NAME, RAW, since)
    await face.originals.sweep()
    assert (face.blobs.kept, face.blobs.open) == ({}, {})
    await face.blobs.keep(owner(log, FARM), NAME, RAW, 2)
    await face.originals.sweep()
    assert (list(face.blobs.kept), face.blobs.open) == ([(owner(log, FARM), NAME)], {})
    assert await download(face, record(job)) == 200


@pytest.mark.parametrize("open_", [False, True])
@pytest.mark.parametrize(("left", "status"), [(b"", 404), (b"<b/>", 500)])
async def test_a_lost_or_damaged_original_is_put_back(face: Face, left: bytes, status: int, open_: bool):
    """By capturing again: all parts are known, the bytes are those that the first records name. What an
    undecided capture left beside it changes nothing.
    """
    job = await sent(face)
    (key,) = face.blobs.kept
    face.blobs.kept = {key: left} if left else {}
    face.blobs.open = {key: await face.node.store.size(face.node.log)} if open_ else {}
    assert await download(face, record(job)) == status
    again = await sent(face)
    assert again["events"] == [{**job["events"][0], "duplicate": True}]
    assert (await download(face, record(job)), face.blobs.open) == (200, {})


async def test_a_redacted_document_does_not_come_back(face: Face):
    """Captured again, its other parts are known or new: its bytes say what is to be forgotten."""
    job = await sent(face, TWO)
    await redact(face, record(job))
    again = await sent(face, TWO, more=PROCEED)
    assert [each["code"] for each in again["errors"]] == ["REDACTED"]
    three = document("".join(OBJECT.replace("x1", each) for each in ("x1", "x2", "x3")))
    more = await sent(face, three, more=PROCEED)
    assert len(more["events"]) == 3
    assert (face.blobs.kept, face.blobs.open) == ({}, {})


async def test_a_capture_while_its_document_is_erased(face: Face, monkeypatch: pytest.MonkeyPatch):
    """The two take turns: no record that is sealed meanwhile is left without bytes that should be there, and
    none of the redacted document's are left."""
    job = await sent(face, TWO)
    own = face.node.sealer.own.identity
    entry = await face.node.store.entry(record(job))
    assert entry is not None
    await face.node.upload(control(Redact(entry.fingerprint, entry.index), key=own.key, party=own.operator))
    await face.node.finish()
    real, both = face.blobs.erase, []

    async def slow(*args: Any) -> None:
        await real(*args)
        both.append(asyncio.create_task(sent(face, TWO, more=PROCEED)))
        for _ in range(200):
            await asyncio.sleep(0)

    monkeypatch.setattr(face.blobs, "erase", slow)
    assert await eraser(face).once() == 1
    monkeypatch.undo()
    await asyncio.gather(*both)
    assert (len(both), face.blobs.kept, face.blobs.open) == (1, {}, {})


async def test_a_capture_that_is_given_up_while_it_writes(face: Face, monkeypatch: pytest.MonkeyPatch):
    """Cancelled after the bytes are there and before anything is sealed: they go."""
    real, written = face.blobs.keep, asyncio.Event()

    async def stuck(*args: Any) -> None:
        await real(*args)
        written.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(face.blobs, "keep", stuck)
    size = await face.node.store.size(face.node.log)

    async def capture() -> None:
        async with face.originals.capturing(FARM, RAW, NAME) as original:
            await original.keep()

    task = asyncio.create_task(capture())
    await written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (face.blobs.kept, face.blobs.open) == ({}, {})
    assert await face.node.store.size(face.node.log) == size
