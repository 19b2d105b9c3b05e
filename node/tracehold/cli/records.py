"""From the content of a file to records: one event, a whole
document, lines of events, or a ready statement.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tracehold.cli.output import note, usage

if TYPE_CHECKING:
    from tracehold.core.epcis import Finding
    from tracehold.core.record import Attachment, Audience
    from tracehold_client import Item, Signer

_COSE_SIGN1 = b"\xd2"  # CBOR tag 18


@dataclass(frozen=True, slots=True)
class Payloads:
    """The payloads of a file, each with the exact bytes to be signed."""

    events: list[bytes]
    masterdata: list[bytes]


def delegated(party: str, audience: "Audience") -> "Callable[[bytes], list[Item]]":
    """Items that the creator signs for `party`."""
    from tracehold_client import event_json, masterdata_json

    return _maker(
        partial(masterdata_json, party=party, audience=audience),
        partial(event_json, party=party, audience=audience),
    )


def signed(
    signer: "Signer", audience: "Audience", attachments: "tuple[Attachment, ...]" = ()
) -> "Callable[[bytes], list[Item]]":
    """Items that `signer` signed here, each naming these attachments."""
    from tracehold_client import statement

    return _maker(
        lambda payload: statement(signer.masterdata(payload, audience=audience, attachments=attachments)),
        lambda payload: statement(signer.event(payload, audience=audience, attachments=attachments)),
    )


def _maker(
    masterdata: "Callable[[bytes], Item]", event: "Callable[[bytes], Item]"
) -> "Callable[[bytes], list[Item]]":
    """From a file's bytes to items: a ready statement as it is, else master data before events."""
    from tracehold_client import statement

    def make(raw: bytes) -> "list[Item]":
        if is_statement(raw):
            return [statement(raw)]
        found = payloads(raw)
        return [*map(masterdata, found.masterdata), *map(event, found.events)]

    return make


def is_statement(raw: bytes) -> bool:
    """Whether the bytes are a tagged COSE_Sign1, by their first byte: no JSON text begins like that."""
    return raw[:1] == _COSE_SIGN1


def payloads(raw: bytes) -> Payloads:
    """The payloads in one file, XML converted. Raises MALFORMED_JSON, NOT_EPCIS and what `parse_document` and
    `from_xml` raise."""
    from tracehold.core.epcis import Mode, parse_document
    from tracehold.core.epcis.xml import from_xml, looks_like_xml
    from tracehold.core.strict_json import loads

    if looks_like_xml(raw):
        note("read as XML and sent as JSON: the file itself stays here (capture hands it in)")
        converted = from_xml(raw, Mode.TOLERANT)
        _tell(converted.findings)
        raw = converted.json
    lines = [line for line in raw.splitlines() if line.strip()]
    if len(lines) > 1 and all(_is_object(line) for line in lines):
        return Payloads(lines, [])
    content = loads(raw)
    if not isinstance(content, dict):
        raise usage("a file holds one event, an EPCISDocument, or one event a line")
    if content.get("type") in {"EPCISDocument", "EPCISQueryDocument"}:
        document = parse_document(raw, Mode.TOLERANT)
        _tell(document.findings)
        return Payloads(document.events, document.masterdata)
    return Payloads([raw], [])


def _tell(findings: "Iterable[Finding]") -> None:
    """What the document says and its payloads do not: the node sees only those."""
    for found in findings:
        note(f"warning: {found.code}: {found.message} ({found.path})")


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
