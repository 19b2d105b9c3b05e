"""The page: one document, no scripts, nothing from elsewhere."""

import base64
import hashlib
from importlib import resources
from urllib.parse import quote

import segno

from tracehold.api.page import words
from tracehold.api.page.markup import Html, element, join
from tracehold.core.gs1.levels import class_of
from tracehold.journey.passage import Passage, Step, newest

STYLE = resources.files("tracehold.api.page").joinpath("page.css").read_text(encoding="utf-8")
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{_DIGEST}'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Content security policy of the page (CSP level 3): this style sheet and no other, no script, no picture, no
address from elsewhere. Should ever something come through the escaping, it cannot run."""

SHOWN = 60
"""Steps and ingredients that are shown before the page says that there are more."""


def way(passage: Passage, address: str) -> Html:
    """The page about an item; `address` is what its QR code says."""
    title = words.goods(passage, passage.item)
    return _document(
        title,
        element("h1", title),
        _facts(passage),
        _summary(passage),
        _steps(passage),
        _sources(passage),
        _missing(passage),
        _code(address),
        _explained(),
    )


def ask(message: str = "", item: str = "") -> Html:
    """The page with the field for an item's number, and why there is nothing else where `message` says so."""
    field = element("input", name="item", id="item", value=item, maxlength="1024", autocomplete="off")
    return _document(
        "Where does it come from?",
        element("h1", "Where does it come from?"),
        *([element("p", message, class_="doubt", role="alert")] if message else []),
        element(
            "form",
            element("label", "The number on the package, or what its code says", for_="item"),
            field,
            element("button", "Show its way"),
            action="/",
            method="get",
        ),
    )


def _document(title: str, *body: str) -> Html:
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="robots", content="noindex"),
        element("title", title),
        element("style", Html(STYLE)),
    )
    page = element("html", head, element("body", element("main", *body)), lang="en")
    return join(Html("<!doctype html>\n"), page, Html("\n"))


def _facts(passage: Passage) -> Html:
    rows = [("Number", passage.item)]
    product = class_of(passage.item) or ""
    if product in passage.names and passage.item in passage.names and product != passage.item:
        rows.insert(0, ("Product", words.name(passage, product)))
    return element(
        "dl", *(part for key, value in rows for part in (element("dt", key), element("dd", value)))
    )


def _summary(passage: Passage) -> Html:
    proved = sum(words.checks(step.said)[0] for step in passage.steps)
    speakers = len({step.said.speaker.party for step in passage.steps})
    if not passage.steps:
        return element("p", "Nothing that you may read is known about this.", class_="doubt")
    said = f"{len(passage.steps)} records"
    if passage.left:
        said = f"{len(passage.steps)} of {len(passage.steps) + passage.left} records"
    text = f"{said}, of {speakers} companies. {proved} of them were checked and are unchanged."
    whole = proved == len(passage.steps) and not passage.gaps and not passage.cut
    more = "" if not (passage.gaps or passage.cut) else " Something is missing: see below."
    return element("p", text + more, class_="sure" if whole else "doubt")


def _steps(passage: Passage) -> Html:
    if not passage.steps:
        return Html("")
    shown = newest(passage.steps, lambda step: step.item == passage.item, SHOWN)
    left = passage.left + len(passage.steps) - len(shown)
    cut = f"{left} older records, or of what it was made from, are not shown."
    before = [element("p", cut)] if left else []
    return element(
        "section", element("h2", "Its way"), *before, element("ol", *(_step(passage, step) for step in shown))
    )


def _step(passage: Passage, step: Step) -> Html:
    said = step.said
    sure, why = words.checks(said)
    about = words.concerns(passage, step)
    lines = [element("p", words.when(said.instant), class_="when"), element("h3", words.happened(said))]
    lines += [element("p", about)] if about else []
    lines += [element("p", f"At {words.name(passage, said.place, said.speaker)}")] if said.place else []
    lines += [
        element("p", f"Says {words.speaks(passage, said.speaker)}."),
        element(
            "p",
            element("span", "✓ " if sure else "! ", aria_hidden="true"),
            why,
            class_="sure" if sure else "doubt",
        ),
        element("p", f"Record {said.fingerprint.hex()}", class_="mark"),
    ]
    return element("li", *lines)


def _sources(passage: Passage) -> Html:
    if not passage.sources:
        return Html("")
    shown = [element("li", _link(passage, each)) for each in passage.sources[:SHOWN]]
    more = len(passage.sources) - len(shown)
    rest = [element("p", f"And {more} more.")] if more else []
    return element("section", element("h2", "What it was made from"), element("ul", *shown), *rest)


def _link(passage: Passage, id: str) -> Html:
    """Leads to this page about the other item, and nowhere else, whatever its name is."""
    text = words.goods_and_number(passage, id)
    return element("a", text, href=f"/?item={quote(id.encode('utf-8', 'replace'), safe='')}")


def _missing(passage: Passage) -> Html:
    lines = list(
        dict.fromkeys((gap.item, words.GAPS.get(gap.reason, "Something is missing.")) for gap in passage.gaps)
    )
    shown = [
        element("li", f"{words.goods_and_number(passage, item)}: {text}" if item else text)
        for item, text in lines[:SHOWN]
    ]
    if passage.cut or len(lines) > SHOWN:
        shown.append(element("li", "There is more than can be shown here."))
    nothing = element("p", "Nothing, as far as this computer could find out.")
    return element("section", element("h2", "What is missing"), element("ul", *shown) if shown else nothing)


def _code(address: str) -> Html:
    code = segno.make(address, error="m", micro=False)
    # Four modules of quiet zone around it, as ISO/IEC 18004 asks.
    drawing = Html(
        code.svg_inline(border=4, light="#fff", dark="#000", omitsize=True, svgclass="qr", lineclass=None)
    )
    return element("section", element("h2", "Its code"), drawing, element("p", address, class_="mark"))


def _explained() -> Html:
    return element(
        "footer",
        element(
            "p",
            "Checked means: this computer compared each record with the fingerprint that its keeper"
            " fixed on the network's chain, and found it unchanged. It does not mean that what a company"
            " says is true. Whoever wants to trust nobody, not even this page, checks the records by"
            " their fingerprints.",
        ),
    )
