"""The page about a package: what it says, who may see what, and that nothing in records can take it over."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import segno

from tests.api.face import Face
from tests.api.face import face as open_face
from tests.journey.network import begun, made, packed, said, seen
from tests.unit import lettuce
from tests.unit.lettuce import CASES, PACKER, RAW, STORY
from tracehold.api.page.markup import element, join
from tracehold.api.page.words import GAPS, STEPS
from tracehold.core.epcis.vocabulary import BIZ_STEPS
from tracehold.core.lineage import GapReason
from tracehold.core.record import Audience, Kind

VOID = {"meta", "input", "br"}
ATTACKS = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</style><script>alert(1)</script>",
    "</title><svg/onload=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<!--", "]]>", "{{7*7}}", "\u202e\u2066evil", "a\x00b", "\ud800",
]  # fmt: skip


class Seen(HTMLParser):
    """What a parser finds: elements with their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One more element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element that ends itself, as in drawings."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Elements end in order."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text, but for the style sheet."""
        if self.open and self.open[-1] != "style":
            self.text += data + "\n"


ALLOWED = (
    "html head meta title style body main h1 h2 h3 p dl dt dd section ol ul li a span svg path footer form"
)
ALLOWED += " label input button"
ATTRIBUTES = (
    "charset name content lang class href aria-hidden role action method for id value maxlength xmlns"
)
ATTRIBUTES += " autocomplete viewbox transform stroke fill d"


def harmless(page: httpx.Response) -> Seen:
    """The page, after a look at all that could make it dangerous: elements, attributes and where links
    lead.
    """
    found = Seen(page.text)
    assert found.open == []
    for tag, attributes in found.elements:
        assert tag in ALLOWED.split(), tag
        assert attributes.keys() <= set(ATTRIBUTES.split()), attributes
        if "href" in attributes:
            assert re.fullmatch(r"/\?item=[\w.~%-]*", attributes["href"] or ""), attributes
    return found


async def page(face: Face, item: str, who: str | None = None, **headers: str) -> httpx.Response:
    """The page about an item."""
    return await face.get("/", who, params={"item": item}, headers=headers)


async def tell(face: Face, public: bool = True) -> None:
    """The story of the lettuce, with its names."""
    audience = Audience.PUBLIC if public else Audience.NETWORK
    for party, payload in STORY.values():
        await face.node.say(payload, party=party, audience=audience)
    for payload in lettuce.MASTERDATA.values():
        await face.node.say(payload, party=PACKER, audience=audience, kind=Kind.MASTERDATA)
    await face.node.finish()


async def test_the_page_tells_the_way_in_plain_words(face: Face):
    """From the farm to the kitchen: what, where, who says so, what was checked, what it was made from."""
    await tell(face)
    answer = await page(face, CASES)
    text = harmless(answer).text
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for words in (
        "Romaine hearts",
        "At Green Packers",
        "16 April 2026, 13:00 UTC",
        "Shipped",
        "Received",
        "What it was made from",
        "Checked just now",
        "who says that the company lets it",
    ):
        assert words in text
    way = ["A new lot began", "Made", "Packed", "Shipped", "Used to make something else"]
    assert way == sorted(way, key=text.index)


async def test_a_record_that_is_not_anchored_is_not_called_checked(face: Face):
    """Proved means proved under an anchored root; before that the page says so."""
    await face.node.say(begun("urn:x:new", 0), audience=Audience.PUBLIC)
    await face.node.index()
    text = harmless(await page(face, "urn:x:new")).text
    assert "Not proved yet" in text
    assert "Checked just now" not in text


async def test_what_is_missing_is_said(face: Face):
    """An ingredient whose beginning nobody told."""
    await face.node.say(made(["urn:x:seed"], ["urn:x:bread"], 1), audience=Audience.PUBLIC)
    await face.node.finish()
    text = harmless(await page(face, "urn:x:bread")).text
    assert "Nobody told where this began." in text
    assert "Something is missing" in text


async def test_nothing_known_is_a_page_that_says_so(face: Face):
    """404 for programs, words for people."""
    answer = await page(face, "urn:x:nothing")
    assert answer.status_code == 404
    assert "Nothing that you may read is known about this." in harmless(answer).text


async def test_without_an_item_there_is_a_field(face: Face):
    """A form that leads to the page, with a label for those who do not see."""
    answer = await face.get("/")
    found = harmless(answer)
    assert answer.status_code == 200
    assert ("label", {"for": "item"}) in found.elements
    assert ("form", {"action": "/", "method": "get"}) in found.elements


async def test_peeping_a_visitor_without_token_sees_nothing_that_is_not_public(face: Face):
    """Neither steps nor names, but that there are records which are not public; a token shows them."""
    await tell(face, public=False)
    anonymous, reader = await page(face, CASES), await page(face, CASES, "reader")
    for secret in ("Green Packers", "Romaine", "Shipped", "Salinas", RAW, PACKER):
        assert secret not in anonymous.text
    assert "There are records about this that are not public." in anonymous.text
    assert anonymous.status_code == 404
    assert "Green Packers" in reader.text


async def test_a_wrong_token_is_refused_and_not_taken_for_anonymous(face: Face):
    """Whoever sends a token means it; the refusal is a page too."""
    await tell(face)
    answer = await page(face, CASES, "forged")
    assert answer.status_code == 401
    assert "Green Packers" not in harmless(answer).text


@pytest.mark.parametrize("attack", ATTACKS)
async def test_cross_site_scripting_by_the_address(face: Face, attack: str):
    """The item of the address comes back as text, whether it is taken or refused."""
    for item in (attack, f"urn:x:{attack}", f"javascript:{attack}"):
        sent = quote(item.encode("utf-8", "surrogatepass"))
        harmless(await face.get(f"/?item={sent}"))
    harmless(await face.get(f"/01/{quote(attack.encode('utf-8', 'surrogatepass'), safe='')}/10/x"))


@pytest.mark.parametrize("attack", ATTACKS)
async def test_cross_site_scripting_by_what_companies_say(face: Face, attack: str):
    """Names of master data are text; in a name nothing can hide the direction of what follows."""
    place = "urn:x:place"
    await face.node.say(
        seen("urn:x:box", 1, bizLocation={"id": place}, bizStep="urn:x:step"), audience=Audience.PUBLIC
    )
    whole = attack.encode("utf-8", "replace").decode()
    await face.node.say(said(place, whole), kind=Kind.MASTERDATA, audience=Audience.PUBLIC)
    await face.node.say(said("urn:x:box", whole), kind=Kind.MASTERDATA, audience=Audience.PUBLIC)
    await face.node.finish()
    found = harmless(await page(face, "urn:x:box"))
    assert "At " + "".join(letter for letter in whole if letter.isprintable()) in found.text


async def test_cross_site_scripting_by_identifiers_and_steps(face: Face):
    """Identifiers and steps are anybody's words too, and a link to one stays on this page."""
    evil = "https://evil.example/%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
    step = "https://evil.example/%22%3Cscript%3E"
    await face.node.say(made([evil], ["urn:x:bread"], 1), audience=Audience.PUBLIC)
    await face.node.say(begun(evil, 0), audience=Audience.PUBLIC)
    await face.node.say(seen("urn:x:bread", 2, bizStep=step), audience=Audience.PUBLIC)
    await face.node.finish()
    found = harmless(await page(face, "urn:x:bread"))
    links = [attributes["href"] for tag, attributes in found.elements if tag == "a"]
    assert links == [f"/?item={quote(evil, safe='')}"]


async def test_the_policy_lets_nothing_run_and_nothing_in(face: Face):
    """No script, no picture, no address from elsewhere; the one style sheet is known by its digest."""
    await tell(face)
    for answer in (await page(face, CASES), await face.get("/"), await page(face, "javascript:x")):
        style = re.search("<style>(.*?)</style>", answer.text, re.DOTALL)
        assert style is not None
        digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
        assert answer.headers["content-security-policy"].split("; ") == [
            "default-src 'none'",
            f"style-src 'sha256-{digest}'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert not re.search(r"(?:src|href)=\"(?!/\?item=)|url\(|@import|<script", answer.text)


async def test_the_code_is_the_items_digital_link(face: Face):
    """The drawing is the QR code of the canonical link, with its quiet zone."""
    await tell(face)
    text = (await page(face, "(01)" + CASES.split("/")[4] + "(10)L7")).text
    expected = segno.make(CASES, error="m", micro=False)
    assert expected.svg_inline(border=4, light="#fff", omitsize=True, svgclass="qr", lineclass=None) in text


async def test_the_code_leads_to_the_node_that_people_can_reach(tmp_path: Path):
    """With a public address the code and the path of a Digital Link are one."""
    async with open_face(tmp_path, public_url="https://trace.example/") as face:
        await tell(face)
        assert (
            f"https://trace.example{CASES.removeprefix('https://id.gs1.org')}</p>"
            in (await page(face, CASES)).text
        )
        other = (await page(face, "urn:x:a b")).text
        assert "https://trace.example/?item=urn%3Ax%3Aa%20b</p>" in other


async def test_the_host_header_reaches_nothing(face: Face):
    """Whoever forges it cannot have the page point to another place."""
    await tell(face)
    assert "evil.example" not in (await page(face, CASES, host="evil.example")).text


async def test_a_digital_link_on_this_domain_is_the_same_page(face: Face):
    """The path of the link, also with attributes that name nothing finer."""
    await tell(face)
    path = CASES.removeprefix("https://id.gs1.org")
    assert (
        (await face.get(path)).text
        == (await page(face, CASES)).text
        == (await face.get(f"{path}?17=270101")).text
    )


async def test_a_wrong_check_digit_is_told_in_words(face: Face):
    """A slip of the finger is the visitor's to mend."""
    answer = await face.get("/01/09521234000021/10/L7")
    assert answer.status_code == 400
    assert "09521234000021 should end in 0" in harmless(answer).text


@pytest.mark.parametrize("query", ["item=" + "x" * 1025, "item=urn:x:a&item=urn:x:b"])
async def test_an_item_too_long_or_twice_is_refused(face: Face, query: str):
    """One bounded question a page."""
    answer = await face.get(f"/?{query}")
    assert answer.status_code == 400
    harmless(answer)


async def test_a_long_way_is_cut_and_says_so(face: Face):
    """However much is told about an item, a page is bounded."""
    for minute in range(210):
        await face.node.say(seen("urn:x:box", minute), audience=Audience.PUBLIC)
    await face.node.finish()
    answer = await page(face, "urn:x:box")
    assert "There is more than can be shown here." in answer.text
    assert "150 older records, or of what it was made from, are not shown." in answer.text
    assert "200 of 210 records" in answer.text
    assert "1 March 2026, 03:29 UTC" in answer.text
    assert len(answer.content) < 100_000


async def test_what_held_the_package_is_said(face: Face):
    """What happens to the pallet happens to the package in it, and the page says which is meant."""
    await face.node.say(packed("urn:x:pallet", ["urn:x:box"], 1), audience=Audience.PUBLIC)
    await face.node.say(seen("urn:x:pallet", 2, bizStep="shipping"), audience=Audience.PUBLIC)
    await face.node.finish()
    assert "to what it was in: urn:x:pallet" in harmless(await page(face, "urn:x:box")).text


def test_every_step_and_every_gap_has_words():
    """Nobody meets a code of ours, but for steps of others' vocabularies."""
    assert STEPS.keys() == BIZ_STEPS.words
    assert GAPS.keys() == set(GapReason)


@pytest.mark.parametrize("text", ATTACKS)
def test_markup_is_only_what_was_made_as_markup(text: str):
    """Text in an element and in an attribute is read back as text."""
    found = Seen(element("p", text, element("span", "x"), class_=text))
    assert [tag for tag, _ in found.elements] == ["p", "span"]
    assert join("<b>") == "&lt;b&gt;"


def test_colours_can_be_read():
    """Text has the contrast that WCAG 2.2 asks for (1.4.3), by day and by night."""
    from tracehold.api.page.render import STYLE

    for theme in re.findall(r":root\{([^}]*)\}", STYLE):
        colours = dict(re.findall(r"--(\w+):#(\w+)", theme))
        for ink in ("ink", "soft", "sure", "doubt", "link"):
            assert contrast(colours[ink], colours["paper"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (WCAG 2.2, relative luminance)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """How bright a colour is."""
    whole = colour if len(colour) == 6 else "".join(2 * digit for digit in colour)
    parts: list[Any] = [int(whole[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    parts = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return float(0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2])
