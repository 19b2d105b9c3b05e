"""The ledger accounts of a node: one, or two while a rotation is on its way."""

from coincurve import PrivateKey

from tracehold.adapters.ethereum.acks import address_of
from tracehold.adapters.keyfiles import read_ledger_key
from tracehold.config import Config
from tracehold.core.errors import Rejected
from tracehold.journey.ports import Member
from tracehold.node.own import succession


def account_of(secret: bytes) -> bytes:
    """The address of a ledger key, 20 bytes."""
    return address_of(PrivateKey(secret).public_key)


def secret_in_force(config: Config, known: Member | None) -> bytes:
    """The key of the account under which the contract knows this node: a key that was announced is in force
    only once the contract was told. Raises `Rejected("NOT_A_MEMBER")` where that is no key of this folder,
    BAD_CONFIG.
    """
    files = (config.keys.ledger, succession(config).files().ledger)
    secrets = {account_of(secret): secret for secret in map(read_ledger_key, files)}
    if known is None or known.account not in secrets:
        raise Rejected("NOT_A_MEMBER", "the contract knows this node under no account that is here")
    return secrets[known.account]
