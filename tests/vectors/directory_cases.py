"""Provider records and keys of the directory, and what is none."""

from collections.abc import Iterator
from typing import Any

from blake3 import blake3

from tests.logs import NETWORK, NODE_KEY, START, STRANGER_KEY, Log
from tracehold.core.dht.keys import Key, NetworkKey, item_key
from tracehold.core.dht.provider import MAX_COUNT, MAX_LIFETIME_MS, PREFIX, SKEW_MS, sign_provider
from tracehold.core.ids import NetworkId
from tracehold.core.keys import Ed25519Key

Case = tuple[str, dict[str, Any]]

NETWORK_KEY = NetworkKey(bytes(range(64, 96)))
LOT = "https://id.gs1.org/01/09521000001237/10/F7"
CLASS = "https://id.gs1.org/01/09521000001237"
PIECE = "https://id.gs1.org/01/09521000001237/21/8"
SSCC = "https://id.gs1.org/00/095210000000000018"
KEY = item_key(NETWORK_KEY, LOT)
NOW = START * 1000
_NUMBERS = {"count": 52, "issued": 60, "expires": 68}
"""Where the numbers stand."""


def providers() -> Iterator[Case]:
    """A record holds at `nowMs`, under the holder's key."""
    good = _signed()
    yield _case("provider", "A holder of 12 records.", good)
    yield _case("last-moment", "One millisecond before its end.", good, now=NOW + MAX_LIFETIME_MS - 1)
    yield _case("skewed", "Issued five minutes ahead.", good, now=NOW - SKEW_MS)
    yield _case("short-lived", "For one millisecond.", _signed(life=1))
    yield _case("most", "Of 2^53 - 1 records.", _signed(count=MAX_COUNT - 1))
    yield from _misshapen(good)
    yield from _untimely(good)
    yield from _false(good)


def _misshapen(good: bytes) -> Iterator[Case]:
    yield _case("truncated", "A byte less.", good[:-1], "BAD_REQUEST")
    yield _case("trailing-byte", "A byte more.", good + b"\0", "BAD_REQUEST")
    yield _case("no-records", "Of no record.", _resigned(good, count=0), "BAD_REQUEST")
    yield _case("too-many", "Of 2^53 records.", _resigned(good, count=MAX_COUNT), "BAD_REQUEST")
    yield _case(
        "long-lived",
        "For 48 hours and 1 ms.",
        _resigned(good, expires=NOW + MAX_LIFETIME_MS + 1),
        "BAD_REQUEST",
    )
    yield _case("endless", "It ends when it begins.", _resigned(good, expires=NOW), "BAD_REQUEST")
    yield _case("backward", "It ends before it begins.", _resigned(good, expires=NOW - 1), "BAD_REQUEST")


def _untimely(good: bytes) -> Iterator[Case]:
    yield _case("expired", "At its end.", good, "BAD_REQUEST", now=NOW + MAX_LIFETIME_MS)
    yield _case("future", "Issued more than 5 minutes ahead.", good, "BAD_REQUEST", now=NOW - SKEW_MS - 1)


def _false(good: bytes) -> Iterator[Case]:
    yield _case("other-key", "Signed by a stranger.", _signed(signer=STRANGER_KEY), "BAD_SIGNATURE")
    other = NetworkId(blake3(b"other network").digest())
    yield _case("other-network", "Of another network.", _signed(network=other), "BAD_SIGNATURE")
    yield _case("bare", "Signed without the context.", _resigned(good, prefix=b""), "BAD_SIGNATURE")
    moved = blake3(b"elsewhere").digest()[:20] + good[20:]
    yield _case("moved", "Put under another key.", moved, "BAD_SIGNATURE")
    renewed = good[:60] + (NOW + 1).to_bytes(8, "big") + good[68:]
    yield _case("renewed", "Made newer by somebody else.", renewed, "BAD_SIGNATURE")


def _signed(
    signer: Ed25519Key = NODE_KEY, network: NetworkId = NETWORK, count: int = 12, life: int = MAX_LIFETIME_MS
) -> bytes:
    return sign_provider(KEY, Log().id, count, NOW, network, signer, life).raw


def _resigned(good: bytes, prefix: bytes = PREFIX + NETWORK, **numbers: int) -> bytes:
    """With other numbers, and a good signature over them."""
    body = bytearray(good[:76])
    for name, value in numbers.items():
        body[_NUMBERS[name] : _NUMBERS[name] + 8] = value.to_bytes(8, "big")
    return bytes(body) + NODE_KEY.sign(prefix + bytes(body))


def _case(name: str, description: str, raw: bytes, code: str = "", now: int = NOW) -> Case:
    said: dict[str, Any] = {"description": description, "network": NETWORK.hex(), "nowMs": now}
    said |= {"nodeKey": NODE_KEY.public.cose_key().hex(), "provider": raw.hex()}
    if code:
        return f"providers/{name}_fail", said | {"code": code}
    key, log, count = raw[:20], raw[20:52], int.from_bytes(raw[52:60], "big")
    times = {"issuedMs": int.from_bytes(raw[60:68], "big"), "expiresMs": int.from_bytes(raw[68:76], "big")}
    return f"providers/{name}", said | {"key": key.hex(), "holder": log.hex(), "count": count} | times


def item_keys() -> Iterator[Case]:
    """Any spelling of an item, and all keys under which its records are announced."""
    yield _named("lot", "A lot: itself and its class.", "(01)09521000001237(10)F7", LOT, CLASS)
    yield _named("class", "A class.", CLASS, CLASS)
    yield _named("piece", "A piece goes by its class.", PIECE, CLASS)
    yield _named("logistic-unit", "An SSCC.", "urn:epc:id:sscc:9521000.0000000001", SSCC)
    yield _named("opaque", "A name that is no GS1 key.", "urn:x:cask:7", "urn:x:cask:7")
    yield _named("place", "A place has no key.", "https://id.gs1.org/414/9521000000018")
    for name, description, network_key, item, code in (
        ("short-key", "A network key of 31 bytes.", NETWORK_KEY[1:], LOT, "BAD_KEY"),
        ("long-key", "A network key of 33 bytes.", NETWORK_KEY + b"\0", LOT, "BAD_KEY"),
        ("no-key", "No network key.", b"", LOT, "BAD_KEY"),
        (
            "check-digit",
            "A GTIN with a false check digit.",
            NETWORK_KEY,
            LOT.replace("237", "238"),
            "BAD_CHECK_DIGIT",
        ),
        ("script", "A script.", NETWORK_KEY, "javascript:alert(1)", "BAD_URI"),
        ("empty", "No name.", NETWORK_KEY, "", "BAD_URI"),
    ):
        said = {"description": description, "networkKey": network_key.hex(), "item": item, "code": code}
        yield f"itemkeys/{name}_fail", said


def _named(name: str, description: str, item: str, *announced: str) -> Case:
    keys = sorted(_by_hand(each).hex() for each in announced)
    said = {"description": description, "networkKey": NETWORK_KEY.hex(), "item": item, "keys": keys}
    return f"itemkeys/{name}", said


def _by_hand(name: str) -> Key:
    """Said once more, by the library alone."""
    return Key(blake3(name.encode(), key=NETWORK_KEY).digest()[:20])
