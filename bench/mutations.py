"""Mutants of JSON documents: in their values, so that they stay JSON, and in their bytes, so that they do
not.
"""

import json
from random import Random
from typing import Any

_STOP = 0.08
"""Odds that an edit happens where it is, not further inside."""

WORDS = (
    "", " ", "x", "_:b0", "urn:x:1", "a b", "ex:y", "zz:y", "javascript:alert(1)", "https://example.com/ä",
    "https://[::1]/",
    "https://id.gs1.org/01/09521234543213/21/x1", "https://id.gs1.org/01/09521234543214",
    "(01)09521234543213(21)x1",
    "urn:epc:id:sgtin:9521234.054321.x1", "urn:epc:id:sgtin:1.2.3", "urn:epc:id:sscc:9521234.1234567890",
    "urn:epc:idpat:sgtin:9521234.054321.*", "urn:epc:class:lgtin:9521234.054321.L1", "%", "a:%zz", "a:[b]",
    "2026-03-01T12:00:00Z", "2026-03-01T12:00:00", "2026-02-30T12:00:00Z", "9999-01-01T00:00:00Z",
    "2026-03-01T12:00:00,5Z", "2016-12-31T23:59:60Z", "2026-03-01T12:00:60Z", "+01:00", "-15:00", "14:00",
    "ADD", "OBSERVE", "DELETE", "CREATE", "shipping", "urn:epcglobal:cbv:bizstep:shipping",
    "urn:epcglobal:cbv:bizstep:x",
    "https://ref.gs1.org/cbv/BizStep-shipping", "cbv:BizStep-shipping",
    "https://ns.gs1.org/cbv/Disp-active", "active",
    "gs1:Temperature", "https://gs1.org/voc/Temperature", "Temperature", "x", "ALARM_CONDITION", "location",
    "po", "inv",
    "did_not_occur", "ObjectEvent", "TransformationEvent", "EPCISDocument", "epcis:ObjectEvent",
    "ex:MyEvent", "2.0", "1.2",
    "KGM", "kilo", "0fA0", "0g", "10", "-1", "NaN", "1e999", "\u202e", "\x00", "é" * 40, "a:" + "b" * 2000,
)  # fmt: skip
"""Texts that a value is replaced by."""
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10, 1e300, 10**308, 9 * 10**308, [], {}, [[]], [{}], [None], [1],
    ["urn:x:1"], [""],
    ["urn:x:1", "urn:x:1"], {"id": "urn:x:1"}, {"x": 1}, {"ex:x": 1}, {"@id": "x"}, {"a": {"b": {"c": []}}},
)  # fmt: skip
_NAMES = (
    "action", "epcList", "quantityList", "parentID", "childEPCs", "childQuantityList", "inputEPCList",
    "outputQuantityList", "transformationID", "ilmd", "bizStep", "persistentDisposition", "readPoint",
    "sensorElementList", "errorDeclaration", "certificationInfo", "type", "id", "@context", "@id", "uom",
    "quantity",
    "value", "time", "sensorReport", "set", "unset", "source", "destination", "ex:x", "zz:x", "urn:x:y",
    "x", "_comment",
    "{https://ns.example.com/}x", "a/b~c", "", "https://ns.example.com/x", "a:%", "schemaVersion",
    "vocabularyList", "ex: x",
)  # fmt: skip


def mutant(random: Random, value: Any, edits: int = 1) -> Any:
    """A copy of the value with a few random edits: something dropped, added, repeated, moved or replaced."""
    copied = json.loads(json.dumps(value))
    for _ in range(edits):
        copied = _edited(random, copied)
    return copied


def _edited(random: Random, whole: Any) -> Any:
    if not isinstance(whole, (dict, list)) or not whole:
        return _any(random)
    holder, key = _place(random, whole)
    edit = random.randrange(10)
    if edit < 2:
        del holder[key]
    elif edit < 7:
        holder[key] = _any(random)
    elif edit == 7:
        other, where = _place(random, whole)
        holder[key] = json.loads(json.dumps(other[where]))
    elif isinstance(holder, dict):
        holder[random.choice(_NAMES)] = _any(random) if edit == 8 else holder.pop(key)
    else:
        holder.insert(key, json.loads(json.dumps(holder[key])) if edit == 8 else _any(random))
    return whole


def _place(random: Random, whole: Any) -> tuple[Any, Any]:
    """(holder, key or index) of some value inside: a walk from the top that ends at any step."""
    holder = whole
    while True:
        key = random.choice(list(holder)) if isinstance(holder, dict) else random.randrange(len(holder))
        inner = holder[key]
        if not isinstance(inner, (dict, list)) or not inner or random.random() < _STOP:
            return holder, key
        holder = inner


def _any(random: Random) -> Any:
    return random.choice(WORDS) if random.random() < 0.6 else json.loads(json.dumps(random.choice(_VALUES)))


def swollen(random: Random, value: Any, times: int) -> Any:
    """A copy of the value in which one list or object is many times as long."""
    copied = json.loads(json.dumps(value))
    chosen = _place(random, copied)[0]
    if isinstance(chosen, list):
        chosen.extend(chosen[at % len(chosen)] for at in range(len(chosen) * times))
    else:
        name = random.choice(list(chosen))
        chosen.update({f"{name}{at}": chosen[name] for at in range(times)})
    return copied


def damaged(random: Random, text: bytes, edits: int = 1) -> bytes:
    """The bytes with a few of them flipped, cut, repeated or put in: mostly no JSON any more."""
    data = bytearray(text)
    for _ in range(edits):
        at, end = sorted(random.randrange(len(data) + 1) for _ in range(2))
        end = min(end, at + random.choice((1, 4, 64, 4096)))
        edit = random.randrange(5)
        if edit == 0:
            del data[at:end]
        elif edit == 1:
            data[at:at] = data[at:end] * random.choice((1, 2, 20))
        elif edit == 2:
            data[at:at] = random.choice(_TOKENS)
        elif edit == 3:
            data[at:at] = random.choice(b"[{").to_bytes() * random.choice((1, 70, 5000))
        elif at < len(data):
            data[at] ^= 1 << random.randrange(8)
    return bytes(data)


_TOKENS = (
    b'"', b"\\", b"\\u", b"\\ud800", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"null", b"NaN", b"-Infinity",
    b"1e400", b",", b":",
    b"9" * 5000, b"[" * 50_000, b'{"a":' * 5000, b"}" * 100, b" " * 10_000, b'"x":1,', b"\x00",
    b'"' + b"\\" * 9999,
)  # fmt: skip
