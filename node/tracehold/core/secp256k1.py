"""Who signed, by an ECDSA signature over secp256k1 (SEC 1 v2, section 4.1.6; curve in SEC 2 v2, section
2.4.1).

In Python, because verification must work where no node is installed. Only public values pass through here, so
it need not run in constant time. A recovery takes a few milliseconds.
"""

from tracehold.core.errors import Rejected
from tracehold.core.trie import keccak256

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of the group."""

_PRIME = 2**256 - 2**32 - 977
_HALF = ORDER // 2

_Point = tuple[int, int, int]
"""Jacobian: (X / Z^2, Y / Z^3); Z is 0 at infinity."""

_INFINITY: _Point = (0, 1, 0)
_BASE: _Point = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
    1,
)


def account_of(digest: bytes, r: bytes, s: bytes, parity: int) -> bytes:
    """The ledger account (20 bytes) whose key signed this 32-byte digest; `parity` is that of the nonce
    point.

    Raises `Rejected("BAD_SIGNATURE")` where no key did, and where s is high: a signature has one form.
    """
    r_value, s_value = int.from_bytes(r, "big"), int.from_bytes(s, "big")
    if not 0 < r_value < ORDER or not 0 < s_value < ORDER or parity not in {0, 1}:
        raise _bad("the signature is out of range")
    if s_value > _HALF:
        raise _bad("the signature's s is high")
    inverse = pow(r_value, -1, ORDER)
    by_base = -int.from_bytes(digest, "big") * inverse % ORDER
    key = _sum_of(by_base, _BASE, s_value * inverse % ORDER, _lift(r_value, parity))
    if not key[2]:
        raise _bad("no account made this signature")
    scale = pow(key[2], -1, _PRIME)
    x, y = key[0] * scale**2 % _PRIME, key[1] * scale**3 % _PRIME
    return keccak256(x.to_bytes(32, "big") + y.to_bytes(32, "big"))[-20:]


def compact_account(digest: bytes, signature: bytes) -> bytes:
    """The account of a 64-byte signature (EIP-2098): r, then s with the parity in its top bit. Raises as
    `account_of`, also for another length.
    """
    if len(signature) != 64:
        raise _bad("a signature has 64 bytes")
    parity, first = divmod(signature[32], 128)
    return account_of(digest, signature[:32], bytes([first]) + signature[33:], parity)


def _lift(x: int, parity: int) -> _Point:
    """The point with this x. That of a nonce whose x was over the order is left out, as the contract does:
    nobody finds one.
    """
    square = (x**3 + 7) % _PRIME
    y = pow(square, (_PRIME + 1) // 4, _PRIME)
    if y * y % _PRIME != square:
        raise _bad("no account made this signature")
    return x, y if y % 2 == parity else _PRIME - y, 1


def _sum_of(first: int, p: _Point, second: int, q: _Point) -> _Point:
    """first * p + second * q, both bit by bit at once (Shamir's trick)."""
    steps = (None, p, q, _add(p, q))
    found = _INFINITY
    for bit in range(max(first.bit_length(), second.bit_length()) - 1, -1, -1):
        found = _double(found)
        step = steps[(first >> bit & 1) | (second >> bit & 1) << 1]
        if step is not None:
            found = _add(found, step)
    return found


def _double(p: _Point) -> _Point:
    x, y, z = p
    square = y * y % _PRIME
    slant = 4 * x * square % _PRIME
    rise = 3 * x * x % _PRIME
    new_x = (rise * rise - 2 * slant) % _PRIME
    return new_x, (rise * (slant - new_x) - 8 * square * square) % _PRIME, 2 * y * z % _PRIME


def _add(p: _Point, q: _Point) -> _Point:
    if not p[2]:
        return q
    if not q[2]:
        return p
    p_square, q_square = p[2] * p[2] % _PRIME, q[2] * q[2] % _PRIME
    left, right = p[0] * q_square % _PRIME, q[0] * p_square % _PRIME
    low, high = p[1] * q_square * q[2] % _PRIME, q[1] * p_square * p[2] % _PRIME
    if left == right:
        return _double(p) if low == high else _INFINITY
    run, rise = right - left, high - low
    run_square = run * run % _PRIME
    run_cube, across = run_square * run % _PRIME, left * run_square % _PRIME
    x = (rise * rise - run_cube - 2 * across) % _PRIME
    return x, (rise * (across - x) - low * run_cube) % _PRIME, p[2] * q[2] * run % _PRIME


def _bad(message: str) -> Rejected:
    return Rejected("BAD_SIGNATURE", message)
