"""Blocks of IPFS and the graphs that they make by the links of dag-cbor
(https://ipld.io/specs/codecs/dag-cbor).

A link is tag 42 over a byte string: a zero byte and a CID. What else stands in a block is not looked at
here: whoever reads one for its content decodes it by its own rules.
"""

from collections.abc import Callable, Iterable, Iterator

from blake3 import blake3

from tracehold.core import cbor
from tracehold.core.cid import Cid, Codec
from tracehold.core.errors import Rejected
from tracehold.core.limits import BLOCK_BYTES

_TAG, _LINK = 6, 42
_LINK_BYTES = 39
"""The byte string of a link, its head of two bytes included."""
_CODEC_AT, _DIGEST_AT = 4, 7


def named(cid: Cid, raw: bytes) -> bool:
    """Whether these are the bytes of this name; nothing over 1 MiB is, since no daemon hands that on."""
    return len(raw) <= BLOCK_BYTES and blake3(raw).digest() == cid.digest


def check(cid: Cid, raw: bytes) -> None:
    """Returns if these bytes are the block of this name. ValueError otherwise, and BAD_REQUEST as `links`."""
    if not named(cid, raw):
        raise ValueError("the bytes are not the block of this name")
    links(cid, raw)


def reach(roots: Iterable[Cid], linked: Callable[[Cid], Iterable[Cid]]) -> set[Cid]:
    """All that can be reached from these roots, themselves included; each is asked once for its links."""
    found: set[Cid] = set()
    left = list(roots)
    while left:
        cid = left.pop()
        if cid not in found:
            found.add(cid)
            left.extend(linked(cid))
    return found


def links(cid: Cid, raw: bytes) -> tuple[Cid, ...]:
    """The blocks that this one points to, in their order; a block of bytes points to none.

    Raises BAD_REQUEST for dag-cbor that cannot be read so far, or that points to something whose name has
    another form than ours.
    """
    if cid.codec is Codec.RAW:
        return ()
    try:
        return tuple(_links(raw))
    except Rejected as error:
        raise Rejected("BAD_REQUEST", f"a block of dag-cbor cannot be read: {error.message}") from error


def _links(raw: bytes) -> Iterator[Cid]:
    at = 0
    while at < len(raw):
        major, argument, at = cbor.decode_head(raw, at)
        if major == _TAG:
            yield _link(argument, raw[at : at + _LINK_BYTES])
        elif major in (cbor.BYTES, cbor.TEXT):
            _, at = cbor.decode_string(raw, at, argument)


def _link(tag: int, raw: bytes) -> Cid:
    """The name in a link: the byte string behind a tag, which is passed over like any other afterwards."""
    if tag == _LINK and len(raw) == _LINK_BYTES and raw[_CODEC_AT] in tuple(Codec):
        cid = Cid(Codec(raw[_CODEC_AT]), raw[_DIGEST_AT:])
        if cid.link().endswith(raw):  # version, hash function and lengths are ours, in their one spelling
            return cid
    raise Rejected("BAD_REQUEST", "a tag that is no link of ours")
