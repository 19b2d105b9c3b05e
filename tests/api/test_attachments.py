"""Attachments over REST: brought, named by a record, handed out in ranges to those who may read it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from tests.api.face import Face, face
from tests.journey.network import MILL
from tests.journey.scene import MILL_KEY, NETWORK, SALTS, control
from tests.vectors.attachment_cases import content
from tracehold.core.blocks import Blocks, blocks_of
from tracehold.core.control import Enrol, Redact
from tracehold.core.errors import Unavailable
from tracehold.core.ids import Fingerprint
from tracehold.core.record import Attachment, Audience, event_header, sign
from tracehold.journey.erase import Eraser
from tracehold.journey.intake import Statement
from tracehold.journey.originals import owner
from tracehold.journey.staging import Bounds

MIB = 1 << 20
RAW = content(2 * MIB + 5000)
MADE = blocks_of(RAW)
EVENT = (
    b'{"@context":"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld","type":"ObjectEvent",'
    b'"action":"OBSERVE","eventTime":"2026-03-01T12:00:00Z","eventTimeZoneOffset":"+00:00",'
    b'"epcList":["urn:x:mill"]}'
)
HTML = b"<html><script>alert(1)</script></html>"


async def bring(running: Face, raw: Any = RAW, who: str | None = "mill", **more: Any) -> Any:
    """POST the content."""
    async with running.rest(who) as client:
        return await client.post("/v1/attachments", content=raw, **more)


async def name(running: Face, made: Blocks = MADE, audience: Audience = Audience.PUBLIC) -> Fingerprint:
    """A record of the mill that names the content."""
    own = running.node.sealer.own.identity
    await running.node.upload(control(Enrol(MILL, MILL_KEY.public), key=own.key, party=own.operator))
    head = event_header(MILL_KEY.public, MILL, NETWORK, 1_790_000_000, SALTS(16))
    named = (Attachment(made.fingerprint, made.size, "application/pdf", made.digest),)
    record = sign(replace(head, audience=audience, attachments=named), EVENT, MILL_KEY)
    (outcome,) = await running.node.upload(Statement(record))
    assert outcome.fingerprint is not None
    return outcome.fingerprint


def address(record: Fingerprint, named: str = MADE.fingerprint.hex()) -> str:
    """Where the record's attachment is handed out."""
    return f"/v1/records/{record.hex()}/attachments/{named}"


async def fetch(running: Face, path: str, who: str | None = None, verb: str = "GET", **headers: str) -> Any:
    """The answer."""
    async with running.rest(who, **headers) as client:
        return await client.request(verb, path)


async def test_brought_named_and_read(face: Face):
    """What the record needs is told; by fingerprint and by CID it is handed out whole."""
    answer = await bring(face)
    assert answer.status_code == 201
    cid = str(MADE.cid)
    assert answer.json() == {
        "fingerprint": MADE.fingerprint.hex(),
        "size": len(RAW),
        "blocks": (MADE.digest or b"").hex(),
        "cid": cid,
    }
    record = await name(face)
    for named in (MADE.fingerprint.hex(), cid):
        got = await fetch(face, address(record, named))
        assert (got.status_code, got.content) == (200, RAW)
    assert (await bring(face)).status_code == 200
    await face.attaching.tend()
    assert (face.attaching.staging.all(), await face.blobs.unsettled()) == ([], [])
    assert (await bring(face)).status_code == 200
    assert face.attaching.staging.all() == []  # a record names it: nothing waits


async def test_small_content_needs_no_manifest(face: Face):
    """Its CID is that of its bytes; also where it is empty."""
    for raw in (b"", HTML):
        told = (await bring(face, raw)).json()
        assert (told["blocks"], told["cid"][:7]) == (None, "bafkr4i")
        assert (await fetch(face, f"/v1/attachments/{told['fingerprint']}", "mill")).content == raw


@pytest.mark.parametrize(
    ("asked", "status", "start", "stop"),
    [
        ("bytes=0-0", 206, 0, 1),
        (f"bytes={MIB - 1}-{MIB}", 206, MIB - 1, MIB + 1),
        ("bytes=2000000-", 206, 2_000_000, len(RAW)),
        ("bytes=-5", 206, len(RAW) - 5, len(RAW)),
        ("bytes=-99999999", 206, 0, len(RAW)),
        (f"bytes=5-{10**17}", 206, 5, len(RAW)),
        ("bytes=5-4", 200, 0, len(RAW)),
        ("bytes=0-1,4-5", 200, 0, len(RAW)),
        ("lines=0-1", 200, 0, len(RAW)),
        ("bytes=\u0661-\u0662", 200, 0, len(RAW)),
    ],
)
async def test_one_range_is_given(face: Face, asked: str, status: int, start: int, stop: int):
    """And what is none of ours gets the whole (RFC 9110 section 14.2)."""
    await bring(face)
    path = f"/v1/attachments/{MADE.fingerprint.hex()}"
    async with face.rest("mill") as client:
        got = await client.get(path, headers={b"range": asked.encode()})
    assert (got.status_code, got.content) == (status, RAW[start:stop])
    if status == 206:
        assert got.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(RAW)}"


@pytest.mark.parametrize("asked", [f"bytes={len(RAW)}-", "bytes=-0", f"bytes={10**17}-{10**17 + 5}"])
async def test_security_range_beyond_the_end(face: Face, asked: str):
    """416, and how large it is."""
    await bring(face)
    got = await fetch(face, f"/v1/attachments/{MADE.fingerprint.hex()}", "mill", range=asked)
    assert (got.status_code, got.json()["code"]) == (416, "BAD_RANGE")
    assert str(len(RAW)) in got.json()["detail"]


async def test_what_a_reader_has_is_not_sent_again(face: Face):
    """By its entity tag; HEAD tells the size alone; an If-Range of other content gets all."""
    await bring(face)
    path = f"/v1/attachments/{MADE.fingerprint.hex()}"
    head = await fetch(face, path, "mill", "HEAD")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(RAW)), b"")
    tag = head.headers["etag"]
    assert (await fetch(face, path, "mill", **{"if-none-match": f'"x", {tag}'})).status_code == 304
    assert (await fetch(face, path, "mill", **{"if-range": tag, "range": "bytes=0-1"})).status_code == 206
    assert (await fetch(face, path, "mill", **{"if-range": '"x"', "range": "bytes=0-1"})).status_code == 200


async def test_security_content_that_is_html_is_not_run(face: Face):
    """A download of plain bytes, whatever it is."""
    await bring(face, HTML)
    got = await fetch(face, address(await name(face, blocks_of(HTML)), blocks_of(HTML).fingerprint.hex()))
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"].startswith("attachment; ")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in got.headers["content-security-policy"]


async def test_security_reader_who_may_not_read_the_record(face: Face):
    """Is answered as for none, whether the content is here or not."""
    record = await name(face, audience=Audience.AUTHORITY)
    before = await fetch(face, address(record), "farm")
    await bring(face)
    after = await fetch(face, address(record), "farm")
    assert [before.status_code, before.json()["code"]] == [after.status_code, after.json()["code"]]
    assert after.status_code in (403, 404)
    assert (await fetch(face, address(record), "authority")).content == RAW


async def test_security_guesses_a_fingerprint(face: Face):
    """What one party brought is another's by no name, staged or not; who has no party gets nothing."""
    await bring(face)
    path = f"/v1/attachments/{MADE.fingerprint.hex()}"
    assert [(await fetch(face, path, who)).status_code for who in ("farm", "operator", "reader", None)] == [
        404,
        403,
        403,
        401,
    ]


async def test_security_names_what_another_party_brought(face: Face):
    """A record of the mill opens nothing that the farm brought."""
    await bring(face, who="farm")
    record = await name(face)
    assert (await fetch(face, address(record), "mill")).status_code == 404


@pytest.mark.parametrize("text", ["..%2f..%2fkeys", "%2e%2e", "A" * 64, "b" + "a" * 58, "0" * 63, "bafkr4i"])
async def test_security_traversal_in_the_name(face: Face, text: str):
    """Only hexadecimal digits and our CIDs reach a path."""
    for path in (f"/v1/attachments/{text}", address(Fingerprint(bytes(32)), text)):
        assert (await fetch(face, path, "mill")).status_code in (400, 404)


async def refused(running: Face, raw: Any, who: str | None = "mill", **more: Any) -> str:
    """The code with which the content is refused; nothing of it stays."""
    answer = await bring(running, raw, who, **more)
    assert (await running.blobs.unsettled(), running.attaching.staging.all()) == ([], [])
    assert running.blobs.kept == {}
    return str(answer.json()["code"])


async def test_who_may_bring_content(face: Face):
    """A token that captures for a party."""
    codes = [await refused(face, RAW, who) for who in (None, "reader", "authority")]
    assert codes == ["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN"]


async def pieces(*lengths: int) -> AsyncIterator[bytes]:
    """A body in pieces, without a length."""
    at = 0
    for length in lengths:
        yield RAW[at : at + length]
        at += length


async def test_content_without_a_length_is_taken(face: Face):
    """In pieces of any size."""
    answer = await bring(face, pieces(3, MIB, 700_000))
    assert answer.json()["fingerprint"] == blocks_of(RAW[: 3 + MIB + 700_000]).fingerprint.hex()


async def test_security_announces_less_or_more_than_it_sends(face: Face):
    """Another length or another fingerprint than announced is refused, and nothing stays."""
    for length in (10, 50):
        assert (
            await refused(face, pieces(20), headers={"content-length": str(length)}) == "ATTACHMENT_MISMATCH"
        )
    assert await refused(face, RAW, params={"fingerprint": "0" * 64}) == "ATTACHMENT_MISMATCH"
    assert await refused(face, RAW, params={"fingerprint": "0" * 63}) == "BAD_REQUEST"
    assert await refused(face, RAW, params={"name": "x"}) == "BAD_REQUEST"


async def test_security_oversized_and_too_many(tmp_path: Any):
    """Refused when it is announced, and when it comes unannounced; of one party half of the room at most."""
    bounds = Bounds(max_bytes=MIB, staged_bytes=3 * MIB)
    async with face(tmp_path, staging=bounds) as running:
        assert await refused(running, RAW) == "ATTACHMENT_TOO_LARGE"
        assert await refused(running, pieces(MIB, 1)) == "ATTACHMENT_TOO_LARGE"
        assert (await bring(running, RAW[:MIB])).status_code == 201
        answer = await bring(running, RAW[1:MIB])
        assert (answer.status_code, answer.json()["code"]) == (429, "BUSY")
        assert (await bring(running, RAW[:MIB], "farm")).status_code == 201


async def test_security_many_at_once(face: Face):
    """Of one party four arrive at once; others are not held up by them."""
    own, staging = face.node.sealer.own, face.attaching.staging
    mill = owner(own.log, MILL)
    arrivals = [staging.arrival(mill, 0) for _ in range(4)]
    for each in arrivals:
        each.__enter__()
    answer = await bring(face)
    assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY_CALLS")
    assert (await bring(face, who="farm")).status_code == 201
    arrivals[0].__exit__(None, None, None)
    assert (await bring(face)).status_code == 201


async def test_security_disk_full_midway(face: Face):
    """DISK_LOW, and nothing stays."""
    left = [3]

    def room(_: int) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Unavailable("DISK_LOW", "full")

    face.attaching.originals = replace(face.originals, room=room)
    assert await refused(face, RAW) == "DISK_LOW"


async def test_what_no_record_names_goes_after_a_day(face: Face):
    """Not before; and what a record of another party names goes too."""
    await bring(face, who="farm")
    await name(face)
    now = face.attaching.now_ms()
    face.attaching.now_ms = lambda: now + 86_000_000
    await face.attaching.tend()
    await face.originals.sweep()  # as a start does
    assert len(face.blobs.kept) == 1
    face.attaching.now_ms = lambda: now + 87_000_000
    await face.attaching.tend()
    assert (face.blobs.kept, face.attaching.staging.all(), await face.blobs.unsettled()) == ({}, [], [])


async def test_what_a_record_names_stays(face: Face):
    """Also where it was named before anybody looked, and the day is over."""
    await bring(face)
    await name(face)
    face.attaching.now_ms = lambda: 1 << 50
    await face.attaching.tend()
    assert len(face.blobs.kept) == 1
    assert await face.blobs.unsettled() == []


async def test_redaction_erases_it(face: Face):
    """With the record, before it; bytes that come back are staged as new ones."""
    await bring(face)
    record = await name(face)
    await face.attaching.tend()
    entry, own = await face.node.store.entry(record), face.node.sealer.own.identity
    assert entry is not None
    await face.node.upload(control(Redact(record, entry.index), key=own.key, party=own.operator))
    await face.node.finish()
    assert await Eraser(face.node.store, face.node.graph, originals=face.originals).once() == 1
    assert face.blobs.kept == {}
    assert (await fetch(face, address(record), "mill")).status_code == 400


async def test_a_crash_before_the_answer_leaves_nothing_for_ever(face: Face):
    """Kept and not noted: the next start erases it."""

    async def crash(_: Any) -> None:
        raise RuntimeError

    face.attaching.staging.book.stage = crash  # type: ignore[assignment]
    face.attaching.originals = replace(face.originals, log=None)  # type: ignore[arg-type]  # nobody settles it now
    assert (await bring(face)).status_code == 500
    assert len(face.blobs.kept) == 1
    await face.blobs.unsettled()
    face.attaching.originals = replace(face.originals, log=face.node.store)
    await face.originals.sweep()
    assert face.blobs.kept == {}


async def test_a_damaged_block_is_told_before_the_answer(face: Face):
    """And no byte of it is given."""
    await bring(face)
    ((whose, raw),) = face.blobs.kept.items()
    face.blobs.kept[whose] = b"x" + raw[1:]
    got = await fetch(face, f"/v1/attachments/{MADE.fingerprint.hex()}", "mill")
    assert (got.status_code, got.json()["code"]) == (500, "CORRUPT")
    assert (await bring(face)).status_code == 201  # put right
    assert (await fetch(face, f"/v1/attachments/{MADE.fingerprint.hex()}", "mill")).content == RAW
