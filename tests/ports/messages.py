"""Messages of any type, filled with values that are odd, or nearly right."""

import random
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from tests.journey.scene import NETWORK
from tracehold.wire.descriptors import repeated

TEXTS = ["", "urn:x:flour", "00" * 32, "AB" * 32, "\0", "ü" * 40, "0x" + "00" * 20, "x" * 3_000]
NUMBERS = [0, 1, 2, 7, (1 << 53) - 1, 1 << 53, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]
USUAL: dict[str, list[Any]] = {
    "network": [NETWORK.hex()],
    "chain_id": [1337],
    "contract": ["0x" + "c0" * 20],
    "log": [f"{number:064x}" for number in range(3)],
    "erased": [b"\x05" * 32],
    "hashes": [b"\x06" * 32, b"\x06" * 64],
    "acknowledgement": [b"", b"\xac" * 64],
    "refused": [0, 0, 63, 99],
    "controls": [0],
    "key": [b"\x07" * 20],
    "logs": [b"\x08" * 32],
    "near": [b"\x08" * 32],
    "providers": [b"\x09" * 140],
    "fingerprints": [f"{number:064x}" for number in range(3)],
}
"""What a field of this name holds when nothing is odd."""


def bytes_of(rng: random.Random, kind: Descriptor) -> bytes:
    """A message of this type with odd values in it, sometimes with its bytes damaged."""
    odd = rng.choice((0.0, 0.05, 0.5))
    raw = filled(rng, kind, odd).SerializeToString()
    raw = damaged(rng, raw) if rng.random() < 0.4 else raw
    return raw if rng.random() < 0.97 else rng.randbytes(rng.randrange(200))


def damaged(rng: random.Random, raw: bytes) -> bytes:
    """The bytes with some of them changed, or cut off."""
    found = bytearray(raw)
    for _ in range(rng.choice((0, 1, 4))):
        if found:
            found[rng.randrange(len(found))] = rng.randrange(256)
    if rng.random() < 0.2:
        del found[rng.randrange(len(found) + 1) :]
    return bytes(found)


def filled(rng: random.Random, kind: Descriptor, odd: float) -> Message:
    """A message in which each field is missing or strange with this probability."""
    message: Any = GetMessageClass(kind)()
    for field in kind.fields:
        if rng.random() < odd:
            continue
        if repeated(field):
            count = rng.choice((1, 2, 5))
            values = [value(rng, field, odd) for _ in range(count)]
            getattr(message, field.name).extend(values)
        elif field.message_type is not None:
            getattr(message, field.name).CopyFrom(value(rng, field, odd))
        else:
            setattr(message, field.name, value(rng, field, odd))
    return message


def value(rng: random.Random, field: FieldDescriptor, odd: float) -> Any:
    """One value of a field."""
    if field.message_type is not None:
        return filled(rng, field.message_type, odd)
    strange = rng.random() < odd
    if not strange and field.name in USUAL:
        return rng.choice(USUAL[field.name])
    match field.type:
        case FieldDescriptor.TYPE_BOOL:
            return rng.random() < 0.5
        case FieldDescriptor.TYPE_BYTES:
            return rng.randbytes(0 if strange else rng.choice((1, 40, 300)))
        case FieldDescriptor.TYPE_STRING:
            return rng.choice(TEXTS) if strange else "urn:x:flour"
    number = rng.choice(NUMBERS) if strange else rng.randrange(5)
    small = {FieldDescriptor.TYPE_UINT32, FieldDescriptor.TYPE_ENUM}
    return number % (1 << (31 if field.type in small else 64))
