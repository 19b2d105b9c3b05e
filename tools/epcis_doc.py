"""Writes docs/epcis.md, the findings of the event reader with their examples, or proves that it is what would
be written.

tools/epcis_doc.py            write
tools/epcis_doc.py --check    compare; exit 1 on a difference
"""

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # in place of this file's folder

from tools.epcis_examples import EXAMPLES, Example  # noqa: E402
from tools.epcis_text_examples import TEXTS, Text  # noqa: E402
from tracehold.core.epcis import WARNINGS, Finding, Mode, examine_event, parse_document, parse_masterdata  # noqa: E402
from tracehold.core.epcis.xml import from_xml, looks_like_xml  # noqa: E402
from tracehold.core.errors import CODES, Rejected  # noqa: E402

ALL: tuple[Example | Text, ...] = (*TEXTS, *EXAMPLES)
TARGET = ROOT / "docs" / "epcis.md"

_INTRO = """\
# What the event reader finds

Written by `tools/epcis_doc.py` from `tools/epcis_examples.py` and `tools/epcis_text_examples.py`, each
example read in both modes; do not edit.

EPCIS 2.0 documents, query documents and events in JSON (and [XML](#xml)) are read in one of two modes.
`strict` takes what the published JSON schema takes and what makes sense. `tolerant`, the default of
capture, takes what real data does besides, and warns. Each finding has a code, a JSON pointer (RFC 6901)
into the payload, and words for people. Codes that refuse are those of [errors](errors.md). `tracehold`
answers with the first error and all warnings of an event; `core.epcis.examine_event` lists all errors at
once. At most 200 warnings and 200 errors are told of one payload, then MORE_FINDINGS.

## What the schema takes and we do not

* Impossible events (EPCIS_MEANING), wrong check digits, malformed GS1 keys, script URIs, identifiers over
  1,024 characters, years outside 1970 to 2199.
* Events of own types (`"type": "ex:MyEvent"`): NOT_EPCIS. `schemaVersion` other than 2. Header elements
  that would be lost: HEADER_NOT_KEPT.
* `persistentDisposition` in the three event types where the schema describes no form for it: it has the
  same form everywhere.

Nothing that the schema refuses is taken in strict mode: the schema judges mutants of full events in
`tests/unit/test_epcis_schema.py`.

## Names

No context is ever fetched. The standard's own is known by its addresses; an unknown one is told
(UNKNOWN_CONTEXT). Standard values (business steps, dispositions, types of transactions, sources and
destinations, error reasons, measurements, alarms, components) come to the bare word from the bare word, the
URN (`urn:epcglobal:cbv:bizstep:shipping`), the web address (`https://ref.gs1.org/cbv/BizStep-shipping`,
also ns.gs1.org; `https://gs1.org/voc/Temperature`) and the CURIE (`cbv:BizStep-shipping`,
`gs1:Temperature`, or another prefix that the context declares). Own values written as CURIEs are written
out with their namespace. `cbv`, `gs1` and the standard's other prefixes cannot be declared otherwise.
Identifiers of items, places and parties are never taken for CURIEs.

## XML

EPCIS XML 1.0 to 2.0 (EPCISDocument, EPCISQueryDocument, EPCISMasterDataDocument, a single event) is
converted to the JSON above by `core/epcis/xml`, and then read as such: all findings of events are those of
this page, with paths into that JSON. Published XML twins have the event hashes of their JSON.

* Bounds: 32 MiB, 500,000 elements, attributes and namespace declarations (and as many `=`, texts included:
  they are counted before the parser begins), 32 levels, 100 namespaces in force at one place of at most 256
  characters each. So many elements take some 200 MiB of memory at most, text ten times its size. UTF-8
  only, with or without its mark, whatever the document claims (MALFORMED_XML). A DOCTYPE is refused at its
  first word (XML_DOCTYPE): nothing is expanded, defaulted or fetched.
* `extension` and `baseExtension` of EPCIS 1.x are looked through in elements of EPCIS; inside of an own
  element they are names like any other. Elements of EPCIS are read in no namespace and in EPCIS's own.
* The order of an event's fields, which the XML schema fixes, says nothing and is taken as it comes: a warning
  (EPCIS_FORM) at the event in both modes, also in strict mode. `ilmd` and extensions may stand anywhere.
* Standard values come to the bare word, CURIEs by the prefixes that the XML declares. `gs1:MT-...` stays.
* Namespaces of extensions become prefixes in the event's `@context`: the document's own where they are free,
  else `ns1`, `ns2`... `urn:epcglobal:cbv:mda`, as CBV's XML has it, is `cbvmda`.
* An extension is its text; an object where it has attributes or elements, with its text as `#text`; a list
  where it stands more than once. Numbers keep their digits. What stands in a standard field and has no place
  there comes into the JSON all the same, and the event's reader refuses that event, and no other.
* An element without any content says nothing and is left out: a warning (EPCIS_FORM) at the event.
* Master data of the header, of the body and of an answer is kept, beside events as well. What describes the
  file (StandardBusinessDocumentHeader, foreign elements, attributes and text around the events) is not, and
  told (HEADER_NOT_KEPT). Where events or master data stand in what is not read, or attributes and text around
  master data, the document is refused with that code: as many events as elements of events, or none.
* Not read and not told: comments, processing instructions, and the schema language's attributes (`xsi:type`,
  `xsi:schemaLocation`). What says that it is nil is an element without content.
"""
_SECTIONS = (
    ("Refused in both modes", ("error", "error")),
    ("Refused in strict mode, a warning in tolerant mode", ("error", "warning")),
    ("A warning in both modes", ("warning", "warning")),
)


def findings(example: Example | Text, mode: Mode) -> list[Finding]:
    """What is found in an example, of severity error where it refuses."""
    raw = example.payload()
    try:
        if isinstance(example, Text):
            return _of_text(raw, mode)
        if example.kind in {"masterdata", "vocabulary"}:
            return list(parse_masterdata(raw, mode).findings)
        if example.kind not in {"document", "query"}:
            return list(examine_event(raw, mode))
        return list(parse_document(raw, mode).findings)
    except Rejected as error:
        return [Finding(error.code, error.path, error.message, "error")]


def _of_text(raw: bytes, mode: Mode) -> list[Finding]:
    if not looks_like_xml(raw):
        return list(parse_document(raw, mode).findings)
    converted = from_xml(raw, mode)
    return [*converted.findings, *parse_document(converted.json, mode).findings]


def render() -> str:
    """The page."""
    rows = list(_rows())
    parts = [_INTRO]
    for title, severities in _SECTIONS:
        listed = [row for found, row in rows if found == severities]
        parts += [
            f"## {title}",
            "",
            "| code | at | said | in | example |",
            "|---|---|---|---|---|",
            *listed,
            "",
        ]
    meanings = [f"| `{name}` | {text} |" for name, text in WARNINGS.items()]
    return "\n".join(
        [*parts, "## Codes that only warn", "", "| code | meaning |", "|---|---|", *meanings, ""]
    )


def _rows() -> Iterator[tuple[tuple[str, str], str]]:
    for example in ALL:
        strict, tolerant = ({_key(found): found for found in findings(example, mode)} for mode in Mode)
        for key, found in strict.items():
            also = tolerant[key]
            assert found.code in CODES or found.code in WARNINGS, found.code
            yield (found.severity, also.severity), _row(found, example)


def _key(found: Finding) -> tuple[str, str, str]:
    return found.code, found.path, found.message


def _row(found: Finding, example: Example | Text) -> str:
    at = f"`{found.path}`" if found.path else "the whole"
    return f"| `{found.code}` | {at} | {found.message} | {example.kind} | {example.shown} |"


if __name__ == "__main__":
    from tools.derived import write_or_compare

    write_or_compare(TARGET, render)
