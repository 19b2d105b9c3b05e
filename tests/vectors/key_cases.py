"""Keys and signatures on which libraries disagree, or which a sloppy reader takes."""

from collections.abc import Iterator
from typing import Any

from tests.logs import FARM_KEY, MILL_KEY
from tracehold.core import cbor
from tracehold.core.keys import SigningKey

Case = tuple[str, dict[str, Any]]

MESSAGE = b"tracehold"
L = (1 << 252) + 27742317777372353535851937790883648493
"""Order of the Ed25519 group."""
P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
"""Prime of the field of P-256."""
X, Y = 5, 31468013646237722594854082025316614106172411895747863909393730389177298123724
"""A point of P-256 whose x + P256 still has 256 bits."""


def keys() -> Iterator[Case]:
    """A good key has its thumbprint, and signed the message."""
    yield _good("eddsa", "Ed25519.", FARM_KEY)
    yield _good("es256", "P-256.", MILL_KEY)
    yield from _ed25519()
    yield from _p256()


def _ed25519() -> Iterator[Case]:
    raw, signature = FARM_KEY.public.raw, FARM_KEY.sign(MESSAGE)
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    identity = b"\x01" + bytes(31)
    order_eight = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
    unreduced = b"\xee" + b"\xff" * 30 + b"\x7f"
    over = r + (s + L).to_bytes(32, "little")
    yield _bad("eddsa-s-over-order", "S + L in place of S.", _okp(raw), over, "BAD_SIGNATURE")
    yield _bad(
        "eddsa-small-order-r", "The identity as R, S = 0.", _okp(raw), identity + bytes(32), "BAD_SIGNATURE"
    )
    yield _bad("eddsa-identity", "The identity as key.", _okp(identity), signature, "BAD_KEY")
    yield _bad("eddsa-order-8", "A key of order 8.", _okp(order_eight), signature, "BAD_KEY")
    yield _bad("eddsa-unreduced", "A key with y over 2^255 - 19.", _okp(unreduced), signature, "BAD_KEY")
    more = cbor.encode({1: 1, -1: 6, -2: raw, 3: -8})
    yield _bad("eddsa-more", "A COSE_Key with alg.", more, signature, "BAD_KEY")


def _p256() -> Iterator[Case]:
    raw, signature = MILL_KEY.public.raw, MILL_KEY.sign(MESSAGE)
    key = _ec(raw[:32], raw[32:])
    zero_r, zero_s = bytes(32) + signature[32:], signature[:32] + bytes(32)
    yield _bad("es256-r-0", "r = 0.", key, zero_r, "BAD_SIGNATURE")
    yield _bad("es256-s-0", "s = 0.", key, zero_s, "BAD_SIGNATURE")
    second = _ec((X + P256).to_bytes(32, "big"), Y.to_bytes(32, "big"))
    yield _bad("es256-x-over-prime", "A point whose x is written as x + p.", second, signature, "BAD_KEY")
    off = _ec(raw[:32], raw[:32])
    yield _bad("es256-off-curve", "No point of the curve.", off, signature, "BAD_KEY")


def _okp(raw: bytes) -> bytes:
    return cbor.encode({1: 1, -1: 6, -2: raw})


def _ec(x: bytes, y: bytes) -> bytes:
    return cbor.encode({1: 2, -1: 1, -2: x, -3: y})


def _good(name: str, description: str, key: SigningKey) -> Case:
    case = _case(description, key.public.cose_key(), key.sign(MESSAGE))
    return f"keys/{name}", {**case, "kid": key.public.kid.hex()}


def _bad(name: str, description: str, key: bytes, signature: bytes, code: str) -> Case:
    return f"keys/{name}_fail", {**_case(description, key, signature), "code": code}


def _case(description: str, key: bytes, signature: bytes) -> dict[str, Any]:
    said = {"key": key.hex(), "message": MESSAGE.hex(), "signature": signature.hex()}
    return {"description": description, **said}
