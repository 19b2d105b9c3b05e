"""Who seals, and what it signs itself."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tracehold.core.control import KIND_OF, Control, encode_control
from tracehold.core.errors import Rejected
from tracehold.core.ids import NetworkId
from tracehold.core.keys import PublicKey, SigningKey
from tracehold.core.limits import SALT_BYTES
from tracehold.core.record import Header, Record, parse, sign

Now = Callable[[], float]
"""Seconds since 1970 (UTC)."""
RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who seals: the operator's URI, the node's Ed25519 key, the network that the records are signed for, and
    the key that follows where the node key is being replaced.
    """

    operator: str
    key: SigningKey
    network: NetworkId
    following: SigningKey | None = None

    def under(self, key: PublicKey) -> "Identity":
        """With this key in force. Raises BAD_CONFIG where it is neither the present nor the following one."""
        if self.key.public == key:
            return self
        if self.following is None or self.following.public != key:
            raise Rejected("BAD_CONFIG", "the node key is not that of the log in this folder")
        return replace(self, key=self.following, following=None)

    def knowing(self, key: PublicKey) -> "Identity":
        """The same where the key is neither: one that was in force once."""
        followed = self.following is not None and self.following.public == key
        return self.under(key) if followed else self


def control_record(identity: Identity, says: Control, now_s: float, random_bytes: RandomBytes) -> Record:
    """What the operator says, signed with the node key."""
    key = identity.key.public
    salt = random_bytes(SALT_BYTES)
    header = Header(
        key.alg, KIND_OF[type(says)], key.kid, identity.operator, identity.network, int(now_s), salt
    )
    return parse(sign(header, encode_control(says), identity.key))
