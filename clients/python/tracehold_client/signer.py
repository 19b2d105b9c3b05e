"""Statements of a provider that signs for itself."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from tracehold.core import record
from tracehold.core.control import KIND_OF, Control, encode_control
from tracehold.core.ids import Fingerprint, NetworkId
from tracehold.core.keys import SigningKey
from tracehold.core.limits import SALT_BYTES
from tracehold.core.record import Audience, Kind


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs records of `party` for one network with a key that a creator has enrolled for that party.

    Each statement gets a fresh random salt, so signing the same event twice makes two statements. To
    repeat an upload, repeat the statement's bytes.
    """

    key: SigningKey
    party: str
    network: NetworkId
    now: Callable[[], float] = time.time
    random_bytes: Callable[[int], bytes] = secrets.token_bytes

    def event(
        self,
        payload: bytes,
        *,
        audience: Audience = Audience.NETWORK,
        attachments: tuple[record.Attachment, ...] = (),
        supersedes: Fingerprint | None = None,
    ) -> bytes:
        """The statement whose payload is this event, JSON-LD with its `@context`, exactly as given."""
        return self._sign(Kind.EVENT, payload, audience, attachments, supersedes)

    def masterdata(
        self,
        payload: bytes,
        *,
        audience: Audience = Audience.NETWORK,
        attachments: tuple[record.Attachment, ...] = (),
        supersedes: Fingerprint | None = None,
    ) -> bytes:
        """The statement whose payload is this master data element, exactly as given."""
        return self._sign(Kind.MASTERDATA, payload, audience, attachments, supersedes)

    def control(self, says: Control) -> bytes:
        """The control record that says this: who may speak for the party, or where it moves."""
        return self._sign(KIND_OF[type(says)], encode_control(says))

    def _sign(
        self,
        kind: Kind,
        payload: bytes,
        audience: Audience = Audience.NETWORK,
        attachments: tuple[record.Attachment, ...] = (),
        supersedes: Fingerprint | None = None,
    ) -> bytes:
        header = record.event_header(
            self.key.public, self.party, self.network, int(self.now()), self.random_bytes(SALT_BYTES)
        )
        header = replace(header, kind=kind, audience=audience, attachments=attachments, supersedes=supersedes)
        return record.sign(header, payload, self.key)
