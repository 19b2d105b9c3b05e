"""The manifest of a backup: what it holds, of which log, taken when; signed with the node key.

The signature is over "tracehold/backup/v1\\n" and the bytes of the manifest as they stand in the file. Whose
key it is, the log in the backup says: so nobody else makes a backup of this log that passes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracehold.adapters.backup.archive import Member, invalid
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId, NetworkId, Root
from tracehold.core.keys import Alg, PublicKey, SigningKey
from tracehold.core.spans import Spans
from tracehold.core.strict_json import loads
from tracehold.journey.image import Image

FORMAT = "tracehold/backup/v1"
MAX_BYTES = 64 << 20
_PREFIX = f"{FORMAT}\n".encode()


@dataclass(frozen=True, slots=True)
class Manifest:
    """`taken_at` is ms since 1970, `schema` the version of the record log's tables; the first image is that
    of the own log. `node_key` is the Ed25519 key that signs.
    """

    network: NetworkId
    node_key: bytes
    taken_at: int
    release: str
    schema: int
    images: Sequence[Image]
    members: Sequence[Member]

    @property
    def log(self) -> LogId:
        """The own log."""
        return self.images[0].log

    def names(self) -> set[str]:
        """Of its members."""
        return {member.name for member in self.members}


def encode(manifest: Manifest) -> bytes:
    """As it is written and signed."""
    document = {
        "format": FORMAT,
        "network": manifest.network.hex(),
        "nodeKey": manifest.node_key.hex(),
        "takenAt": manifest.taken_at,
        "release": manifest.release,
        "schema": manifest.schema,
        "logs": [_said(image) for image in manifest.images],
        "members": [
            {"name": each.name, "size": each.size, "blake3": each.digest.hex()} for each in manifest.members
        ],
    }
    return json.dumps(document, indent=1).encode() + b"\n"


def sign(raw: bytes, key: SigningKey) -> bytes:
    """The signature of an encoded manifest."""
    return key.sign(_PREFIX + raw)


def decode(raw: bytes, signature: bytes) -> Manifest:
    """A manifest as its key signed it; whether that key is of the log in it, the log must tell. Raises
    `Rejected("BACKUP_INVALID")`.
    """
    try:
        document = loads(raw)
        if document["format"] != FORMAT:
            raise invalid("the backup is of a form that this release does not know")
        manifest = Manifest(
            NetworkId(_digest(document["network"])),
            _digest(document["nodeKey"]),
            _count(document["takenAt"]),
            str(document["release"]),
            _count(document["schema"]),
            [_image(each) for each in document["logs"]],
            [
                Member(str(each["name"]), _count(each["size"]), _digest(each["blake3"]))
                for each in document["members"]
            ],
        )
        if not manifest.images:
            raise invalid("the backup names no log")
        PublicKey(Alg.EDDSA, manifest.node_key).verify(signature, _PREFIX + raw)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise invalid("the manifest of the backup has no form") from error
    except Rejected as refusal:
        if refusal.code == "BACKUP_INVALID":
            raise
        raise invalid(f"the manifest of the backup is not as it was signed: {refusal.message}") from refusal
    return manifest


def _said(image: Image) -> dict[str, Any]:
    return {
        "log": image.log.hex(),
        "spans": image.spans,
        "size": image.size,
        "root": image.root.hex(),
        "entries": image.entries.hex(),
        "anchored": image.anchored,
        "checkpoints": image.checkpoints.hex(),
        "erased": image.erased,
    }


def _image(said: Mapping[str, Any]) -> Image:
    return Image(
        LogId(_digest(said["log"])),
        _spans(said["spans"]),
        _count(said["size"]),
        Root(_digest(said["root"])),
        _digest(said["entries"]),
        _count(said["anchored"]),
        _digest(said["checkpoints"]),
        _spans(said["erased"]),
    )


def _digest(text: str) -> bytes:
    found = bytes.fromhex(text)
    if len(found) != 32:
        raise ValueError("no 32 bytes")
    return found


def _count(number: Any) -> int:
    if type(number) is not int or not 0 <= number < 1 << 63:
        raise ValueError("no count")
    return number


def _spans(said: Any) -> Spans:
    return tuple((_count(start), _count(stop)) for start, stop in said)
