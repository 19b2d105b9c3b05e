"""An XML document, query document or event to the same in JSON."""

from dataclasses import dataclass, replace

from tracehold.core.epcis.model import Finding, Mode
from tracehold.core.epcis.reader import Reader, pointer
from tracehold.core.epcis.xml.aside import EVENTS, not_kept
from tracehold.core.epcis.xml.events import CONTEXT, event
from tracehold.core.epcis.xml.frame import DOCUMENTS, Frame, letter, tell_event
from tracehold.core.epcis.xml.names import STANDARD, Names
from tracehold.core.epcis.xml.tree import Node, parse_xml
from tracehold.core.epcis.xml.writing import write
from tracehold.core.errors import Rejected

_SPACE = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Converted:
    """`json` is what `parse_document` takes; `findings` are of what stands in the XML and not in there."""

    json: bytes
    findings: tuple[Finding, ...]


def looks_like_xml(raw: bytes) -> bool:
    """Whether the bytes begin as XML does, which no JSON text does."""
    return raw.removeprefix(b"\xef\xbb\xbf").lstrip(_SPACE)[:1] == b"<"


def from_xml(raw: bytes, mode: Mode) -> Converted:
    """The EPCIS 2.0 JSON of an EPCISDocument, EPCISQueryDocument, EPCISMasterDataDocument or single event in
    XML, 1.0 to 2.0.

    Paths of findings point into the JSON. Raises MALFORMED_XML, XML_DOCTYPE, NOT_EPCIS, EPCIS_FORM,
    HEADER_NOT_KEPT, BAD_MASTERDATA, TOO_MANY_RECORDS or REQUEST_TOO_LARGE. What is wrong with an event, the
    reader of the JSON says.
    """
    root = parse_xml(raw)
    reader = Reader(mode)
    local, standard = root.name.local, STANDARD.fullmatch(root.name.space)
    if standard and local in EVENTS:
        return Converted(_single(reader, root), tuple(reader.findings))
    if not standard or local not in DOCUMENTS:
        raise Rejected("NOT_EPCIS", "the XML is no EPCIS document or event", path="/type")
    if not root.name.space:
        reader.sloppy("EPCIS_FORM", "/type", "the document stands in no namespace")
    return Converted(write(Frame(reader, root).json()), tuple(reader.findings))


def _single(reader: Reader, root: Node) -> bytes:
    for name in letter(reader, root):
        not_kept(reader, pointer("", name))
    root, names = replace(root, attributes={}), Names({})
    found = event(root, names)
    tell_event(reader, "", root, names)
    own = found.pop("@context", None)
    return write({"@context": [CONTEXT, own] if own else [CONTEXT], **found})
