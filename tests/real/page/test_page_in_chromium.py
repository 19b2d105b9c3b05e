"""The page about a package in a real browser, on the screen of a phone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import pytest
import zxingcpp

from tests.api.face import Face
from tests.api.face import face as open_face
from tests.api.test_page import tell
from tests.journey.network import said, seen
from tests.real.page.chromium import Browser, running
from tests.real.page.png import grey
from tests.unit.lettuce import CASES
from tracehold.api.rest_server import RestServer, RestSettings
from tracehold.core.record import Audience, Kind
from tracehold.journey.called import NAME_CHARS

pytestmark = pytest.mark.real

Found = TypeVar("Found")
CODE = CASES.replace("https://id.gs1.org", "https://trace.example")
EVIL = "<script>document.title='taken'</script><img src=/x onerror=alert(1)>" + "W" * 300


@pytest.fixture
async def face(tmp_path: Path) -> AsyncIterator[Face]:
    """A node that can be reached under a name."""
    async with open_face(tmp_path, public_url="https://trace.example") as made:
        yield made


async def look(face: Face, folder: Path, eye: Callable[[Browser, str], Found]) -> Found:
    """What a browser sees of the node; `eye` is given the browser and the node's address."""
    server = RestServer(RestSettings("127.0.0.1:0"), face.app)
    await server.start()
    try:

        def see() -> Found:
            with running(folder / "profile") as browser:
                return eye(browser, f"http://127.0.0.1:{server.port}")

        return await asyncio.to_thread(see)
    finally:
        await server.stop(1.0)


def codes(png: bytes) -> list[str]:
    """What the QR codes of a picture say."""
    width, height, pixels = grey(png)
    found = zxingcpp.read_barcodes(memoryview(pixels).cast("B", (height, width)))
    return [code.text for code in found]


async def test_a_phone_shows_the_way_without_scrolling_sideways(face: Face, tmp_path: Path):
    """360 by 640 and 320 by 568, by day and by night: all fits the width, and the QR code can be read."""
    await tell(face)

    def eye(browser: Browser, node: str) -> None:
        for width, height, dark in ((360, 640, False), (320, 568, True)):
            browser.go(f"{node}/?item={quote(CASES, safe='')}", width, height, dark)
            assert browser.value("document.documentElement.scrollWidth") <= width
            assert browser.value("window.innerWidth") == width
            assert "Romaine hearts" in browser.value("document.body.innerText")
            assert grey(browser.screenshot())[:2] == (2 * width, 2 * height)
            browser.ask("Runtime.evaluate", expression="document.querySelector('.qr').scrollIntoView()")
            assert codes(browser.screenshot()) == [
                CASES.replace("https://id.gs1.org", "https://trace.example")
            ]

    await look(face, tmp_path, eye)


async def test_the_page_asks_for_nothing_else_and_breaks_no_rule_of_its_own(face: Face, tmp_path: Path):
    """One request; the style sheet is let in by its digest, and nothing is refused by the policy."""
    await tell(face)

    def eye(browser: Browser, node: str) -> None:
        address = f"{node}{CASES.removeprefix('https://id.gs1.org')}"
        browser.go(address)
        asked = {sent["request"]["url"] for sent in browser.happened("Network.requestWillBeSent")}
        assert asked - {f"{node}/favicon.ico"} == {address}
        assert browser.happened("Log.entryAdded") == []
        assert browser.value("getComputedStyle(document.querySelector('ol')).listStyleType") == "none"

    await look(face, tmp_path, eye)


async def test_cross_site_scripting_by_names_does_not_run_in_a_browser(face: Face, tmp_path: Path):
    """Names with markup are seen as they were written, run nothing, and do not widen the page."""
    await face.node.say(seen("urn:x:box", 1, bizLocation={"id": "urn:x:place"}), audience=Audience.PUBLIC)
    for about in ("urn:x:place", "urn:x:box"):
        await face.node.say(said(about, EVIL), kind=Kind.MASTERDATA, audience=Audience.PUBLIC)
    await face.node.finish()

    def eye(browser: Browser, node: str) -> None:
        browser.go(f"{node}/?item={quote('urn:x:box')}")
        called = browser.value("document.querySelector('h1').textContent")
        assert EVIL[:NAME_CHARS] in called
        assert browser.value("document.title") == called
        assert browser.value("document.querySelectorAll('script, img, iframe, object').length") == 0
        assert browser.happened("Page.javascriptDialogOpening") == []
        assert browser.value("document.documentElement.scrollWidth") <= 360

    await look(face, tmp_path, eye)


async def test_the_policy_stops_what_would_come_through_the_escaping(face: Face, tmp_path: Path):
    """A script that is put into the document afterwards does not run: the policy is in force."""

    def eye(browser: Browser, node: str) -> None:
        browser.go(f"{node}/")
        browser.value(
            "{const one = document.createElement('script'); one.textContent = 'window.taken = 1';"
            " document.body.append(one)}"
        )
        assert browser.value("window.taken") is None

    await look(face, tmp_path, eye)


async def test_the_field_leads_to_the_page(face: Face, tmp_path: Path):
    """A person types the number and comes to the way."""
    await tell(face)

    def eye(browser: Browser, node: str) -> None:
        browser.go(f"{node}/")
        browser.events.clear()
        browser.value(
            f"document.querySelector('input').value = '{CASES}'; document.forms[0].requestSubmit(), 0"
        )
        while not browser.happened("Page.loadEventFired"):
            browser._next()
        assert "Romaine hearts" in browser.value("document.title")

    await look(face, tmp_path, eye)
