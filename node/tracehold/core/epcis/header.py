"""Master data out of a document: all that its header may hold. Nothing of a header is lost in silence."""

from typing import Any

from tracehold.core import strict_json
from tracehold.core.epcis.frame import body, check_count
from tracehold.core.epcis.reader import Reader, pointer


def kept_masterdata(
    reader: Reader, raw: bytes, document: dict[str, Any], steps: tuple[str, ...], context: bytes
) -> list[bytes]:
    """One payload for each vocabulary element of the header, and of a query's answer.

    Raises HEADER_NOT_KEPT, EPCIS_FORM, BAD_MASTERDATA or TOO_MANY_RECORDS.
    """
    found: list[bytes] = []
    header = document.get("epcisHeader")
    if "epcisHeader" in document and header is None:
        _tell_null(reader, "/epcisHeader")
    if header is not None:
        _only(reader, reader.object(header, "/epcisHeader"), {"epcisMasterData"}, "/epcisHeader")
    if header and header.get("epcisMasterData") is not None:
        master = reader.object(header["epcisMasterData"], "/epcisHeader/epcisMasterData")
        _only(reader, master, {"vocabularyList"}, "/epcisHeader/epcisMasterData")
        found += _vocabularies(reader, raw, ("epcisHeader", "epcisMasterData"), master, context)
    if steps != ("epcisBody",):  # a query answers with master data beside its events
        found += _vocabularies(reader, raw, steps, body(reader, document, steps), context)
    return found


def _vocabularies(
    reader: Reader, raw: bytes, steps: tuple[str, ...], holder: dict[str, Any], context: bytes
) -> list[bytes]:
    path = "/" + "/".join((*steps, "vocabularyList"))
    vocabularies = holder.get("vocabularyList")
    if vocabularies is not None and not isinstance(vocabularies, list):
        reader.refuse("EPCIS_FORM", path, "the vocabularies are a list")
    found: list[bytes] = []
    for at, part in enumerate(strict_json.slices(raw, *steps, "vocabularyList")):
        found += _elements(reader, part, (vocabularies or [])[at], f"{path}/{at}", context)
        check_count(len(found))
    return found


def _elements(reader: Reader, part: bytes, vocabulary: Any, path: str, context: bytes) -> list[bytes]:
    _only(reader, reader.object(vocabulary, path), {"type", "vocabularyElementList"}, path)
    kind = strict_json.member(part, "type")
    if kind is None or not isinstance(vocabulary["type"], str):
        reader.refuse("BAD_MASTERDATA", f"{path}/type", "a vocabulary says what it describes")
    elements = vocabulary.get("vocabularyElementList")
    if elements is not None and not isinstance(elements, list):
        reader.refuse("BAD_MASTERDATA", f"{path}/vocabularyElementList", "the elements are a list")
    check_count(len(elements or []))
    head = b'{"@context":' + context + b',"type":' + kind + b',"element":'
    return [head + element + b"}" for element in strict_json.slices(part, "vocabularyElementList")]


def _only(reader: Reader, holder: dict[str, Any], kept: set[str], path: str) -> None:
    for name, value in holder.items():
        if name not in kept:
            reader.refuse("HEADER_NOT_KEPT", pointer(path, name), f"{name[:60]} would be lost")
        if value is None:
            _tell_null(reader, pointer(path, name))


def _tell_null(reader: Reader, path: str) -> None:
    reader.sloppy("EPCIS_FORM", path, "null is no value; leave the field out")
