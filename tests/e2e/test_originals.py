"""Captured XML on a node that stops and starts: what is on its disk."""

import asyncio
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.conftest import SENDER, Running
from tests.e2e.labs import until
from tests.e2e.test_outages import reconfigure
from tests.unit.epcis_xml_samples import document
from tracehold.adapters.files import FolderBlobs
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.core.record import fingerprint
from tracehold.journey.originals import owner
from tracehold_client import Client
from tracehold_client.rest import RestClient

RAW, LOST = document(), document() + b"<!-- of which nothing came -->"


def files(folder: Path) -> list[str]:
    """The names of all files below."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def leave_open(folder: Path, log: LogId) -> None:
    """What a node leaves that is killed before it seals the records of a document."""
    with closing(FolderBlobs(folder)) as blobs:
        asyncio.run(blobs.keep(owner(log, SENDER.party.link), fingerprint(LOST), LOST, 2))
    (folder / "open" / "half.part").write_bytes(b"<")


def started(running: Running) -> None:
    """Up, and uploads are not held up by the comparison with the chain any more."""

    def is_open() -> bool:
        with urllib.request.urlopen(running.world.rest + "/readyz") as answer:
            return bool(answer.status == 200)

    running.world.start()
    until(is_open)


def captured(running: Running) -> str:
    """The path of the document's attachment, by the record that was made of it."""
    client = RestClient(running.world.rest, token=running.sender)
    (made,) = client.job(client.capture(RAW))["events"]
    return f"/v1/records/{made['fingerprint']}/attachments/{fingerprint(RAW).hex()}"


def download(running: Running, path: str) -> bytes:
    """The bytes as the node hands them out."""
    request = urllib.request.Request(
        running.world.rest + path, headers={"authorization": f"Bearer {running.reader}"}
    )
    with urllib.request.urlopen(request) as answer:
        return bytes(answer.read())


def test_a_start_takes_what_a_crash_left_and_leaves_what_records_name(own: Running):
    """Nothing else is swept; a disk without room takes no document; a lost one comes back by capturing."""
    world, folder = own.world, own.world.home / "data" / "blobs"
    path = captured(own)
    with Client(world.grpc, token=own.reader) as client:
        log = LogId(bytes.fromhex(client.status().log))
    assert world.node is not None
    world.node.stop()
    leave_open(folder, log)
    world.start()
    until(lambda: files(folder) == [fingerprint(RAW).hex()])
    assert download(own, path) == RAW
    world.node.stop()
    for each in folder.rglob(f"{fingerprint(RAW).hex()}*"):
        each.unlink()
    reconfigure(own, "[anchor]\n", f"[limits]\ndisk_reserve_bytes = {1 << 60}\n\n[anchor]\n")
    started(own)
    with pytest.raises(Unavailable) as refused:
        captured(own)
    assert (refused.value.code, files(folder)) == ("DISK_LOW", [])
    world.node.stop()
    reconfigure(own, f"disk_reserve_bytes = {1 << 60}", "disk_reserve_bytes = 16777216")
    started(own)
    assert captured(own) == path
    assert download(own, path) == RAW
