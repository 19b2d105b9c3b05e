"""The dossier file: `answer.json`, and groups of evidence (docs/spec/dossier.md)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracehold.core import strict_json
from tracehold.core.dossier.archive import unpack
from tracehold.core.dossier.groups import Group, decode_group
from tracehold.core.dossier.question import Question, question_json, read_question
from tracehold.core.dossier.telling import MAGIC, Json, gaps_json
from tracehold.core.dossier.word import Word, decode_word
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import Gap, GapReason
from tracehold.core.spans import Spans, joined

ANSWER, WORD = "answer.json", "word.cbor"
MAX_RECORDS = 100_000
"""Records of a dossier, control records that are shared in groups not counted."""

_MAX_COUNT = 1 << 63
_KEYS = {"format", "question", "answer", "records", "said"}
_CLAIMS = {"SUPERSEDES", "SUPERSEDE_CLAIMED", "SUSPECT"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands."""

    log: LogId
    index: int


@dataclass(frozen=True, slots=True)
class Said:
    """What no record in the file shows: the word of the node that answered. `gaps` it found, `searched` are
    the entries that it and those it asked looked through, by log, and `flags` what it read of records on the
    chain and in logs.
    """

    gaps: tuple[Gap, ...]
    searched: Mapping[LogId, Spans]
    flags: Mapping[Fingerprint, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Dossier:
    """A file that was read, with nothing verified. `answer` is as it stands there."""

    question: Question
    answer: Json
    records: Mapping[Fingerprint, Place]
    said: Said
    groups: tuple[Group, ...]
    text: bytes = b""
    """`answer.json`, which `word` is about."""
    word: Word | None = None


def encode_answer(
    question: Question, answer: Json, records: Mapping[Fingerprint, Place], said: Said
) -> bytes:
    """`answer.json`: JSON in one spelling, keys sorted, indented by one, a line feed at the end."""
    placed = sorted(records.items(), key=lambda entry: (entry[1].log, entry[1].index, entry[0]))
    document = {
        "format": MAGIC,
        "question": question_json(question),
        "answer": answer,
        "records": [
            {"fingerprint": name.hex(), "log": at.log.hex(), "index": at.index} for name, at in placed
        ],
        "said": {
            "gaps": gaps_json(said.gaps),
            "searched": {log.hex(): [list(span) for span in spans] for log, spans in said.searched.items()},
            "flags": {name.hex(): sorted(flags) for name, flags in said.flags.items()},
        },
    }
    return _spelled(document)


def read_dossier(raw: bytes) -> Dossier:
    """The dossier of a file. MALFORMED_PROOF where it is none, in one byte or as a whole."""
    entries = unpack(raw)
    try:
        text = entries.pop(ANSWER)
    except KeyError:
        raise _malformed(f"no {ANSWER}") from None
    word = entries.pop(WORD, None)
    for number, name in enumerate(sorted(entries)):
        if name != group_name(number):
            raise _malformed(f"entry {name} has no place here")
    question, answer, records, said = _read(text)
    groups = tuple(map(decode_group, entries.values()))
    return Dossier(question, answer, records, said, groups, text, None if word is None else decode_word(word))


def group_name(number: int) -> str:
    """The name of the entry with this group, from 0."""
    return f"evidence/{number:05}.cbor"


def _read(text: bytes) -> tuple[Question, Json, dict[Fingerprint, Place], Said]:
    try:
        document = strict_json.loads(text)
    except Rejected as error:
        raise _malformed(error.message) from error
    if type(document) is not dict or document.keys() != _KEYS or document["format"] != MAGIC:
        raise _malformed(f"no {MAGIC}")
    if _spelled(document) != text:
        raise _malformed("it is spelled in another way than it is written")
    if type(document["answer"]) is not dict or type(document["records"]) is not list:
        raise _malformed("its parts")
    placed = list(map(_place, document["records"]))
    if len(placed) > MAX_RECORDS or len(dict(placed)) < len(placed):
        raise _malformed(f"a record stands there twice, or there are over {MAX_RECORDS}")
    return read_question(document["question"]), document["answer"], dict(placed), _said(document["said"])


def same_words(one: Any, other: Any) -> bool:
    """Whether two parts of an answer are spelled alike: `1`, `1.0` and `true` are three."""
    return _spelled(one) == _spelled(other)


def _spelled(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"


def _place(parts: Any) -> tuple[Fingerprint, Place]:
    match parts:
        case {"fingerprint": name, "log": log, "index": int(index), **more} if not more:
            return Fingerprint(_hash(name)), Place(LogId(_hash(log)), _index(index))
    raise _malformed("a record is its fingerprint, log and index")


def _said(parts: Any) -> Said:
    match parts:
        case {"gaps": list(gaps), "searched": dict(searched), "flags": dict(flags), **more} if not more:
            return Said(
                tuple(map(_gap, gaps)),
                {LogId(_hash(log)): _spans(spans) for log, spans in searched.items()},
                {Fingerprint(_hash(name)): _flags(found) for name, found in flags.items()},
            )
    raise _malformed("what its node says are gaps, searched entries and flags")


def _gap(parts: Any) -> Gap:
    match parts:
        case {"item": str(item), "reason": str(reason), "detail": str(detail), **more} if not more:
            if reason in set(GapReason):
                return Gap(item, GapReason(reason), detail)
    raise _malformed("a gap is an item, a reason and a detail")


def _spans(parts: Any) -> Spans:
    if type(parts) is not list:
        raise _malformed("searched entries are runs [start, stop)")
    return _one_form(list(map(_span, parts)))


def _span(parts: Any) -> tuple[int, int]:
    match parts:
        case [int(start), int(stop)] if _index(start) < _index(stop):
            return start, stop
    raise _malformed("searched entries are runs [start, stop)")


def _one_form(spans: Sequence[tuple[int, int]]) -> Spans:
    if joined(spans) != tuple(spans):
        raise _malformed("runs of searched entries stand in order, apart from each other")
    return tuple(spans)


def _flags(parts: Any) -> tuple[str, ...]:
    if type(parts) is not list or not parts or parts != sorted(set(_words(parts))):
        raise _malformed("flags stand in order")
    if not _CLAIMS.issuperset(parts):
        raise _malformed("an unknown flag")
    return tuple(parts)


def _words(parts: list[Any]) -> Iterator[str]:
    for part in parts:
        if type(part) is not str:
            raise _malformed("a flag is a word")
        yield part


def _hash(text: Any) -> bytes:
    if type(text) is not str or len(text) != 64 or not set(text) <= set("0123456789abcdef"):
        raise _malformed("a hash is 64 lowercase hexadecimal digits")
    return bytes.fromhex(text)


def _index(value: int) -> int:
    if type(value) is not int or not 0 <= value < _MAX_COUNT:
        raise _malformed("an index is a count")
    return value


def _malformed(message: str) -> Rejected:
    return Rejected("MALFORMED_PROOF", f"the answer cannot be read: {message}", path=ANSWER)
