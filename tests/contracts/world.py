"""A small network on the contract: companies with one node each, and the acknowledgements that they sign."""

from dataclasses import dataclass, replace
from hashlib import sha256

from coincurve import PrivateKey

from tests.contracts.evm import Deployed, Evm, Outcome
from tracehold.adapters.ethereum import acks

ADMIN = b"\xad" * 20
STRANGER = b"\x57" * 20
NETWORK = b"\x4e" * 32
CREATOR, HOLDER = 1, 2


def h(*parts: object) -> bytes:
    """Some 32 bytes that nothing else has."""
    return sha256(repr(parts).encode()).digest()


@dataclass(frozen=True)
class Company:
    """One node of one operator. Without more said, operator n runs node n."""

    number: int
    operator: int
    key: PrivateKey
    log: bytes

    @property
    def account(self) -> bytes:
        """Its ledger account."""
        return acks.address_of(self.key.public_key)


class World:
    """The contract with companies 1 to `size`, all creators and holders."""

    def __init__(self, evm: Evm, size: int, quorum: int = 0) -> None:
        self.contract = Deployed.create(evm, ADMIN, NETWORK, ADMIN, quorum)
        self.chain_id = evm.chain_id
        self.companies: list[Company] = []
        for number in range(1, size + 1):
            self.operator(number)
            self.node(number)

    def __getitem__(self, number: int) -> Company:
        return self.companies[number - 1]

    def operator(self, number: int) -> None:
        """Enrol the next operator."""
        self.admin("enrolOperator", f"https://id.gs1.org/417/95211412345{number:02}")

    def node(self, operator: int, roles: int = CREATOR | HOLDER) -> Company:
        """Enrol one more node of an operator."""
        number = len(self.companies) + 1
        made = Company(number, operator, PrivateKey(h("key", number)), h("log", number))
        self.admin(
            "enrolNode", operator, made.account, h("node key", number), made.log, roles, b"record %d" % number
        )
        self.companies.append(made)
        return made

    def admin(self, function: str, *arguments: object) -> Outcome:
        """Send as the admin."""
        return self.contract.send(ADMIN, function, *arguments)

    @property
    def domain(self) -> acks.Domain:
        """EIP-712 domain, asked from the contract."""
        fields, name, version, chain_id, contract, salt, extensions = self.contract.read("eip712Domain")
        assert (fields, name, version, extensions) == (b"\x1f", "tracehold", "1", ())
        return acks.Domain(chain_id, bytes.fromhex(contract[2:]), salt)

    def head(self, node: int) -> tuple[bytes, int, int, int]:
        """(root, size, time, block number) of a node's log."""
        found: tuple[bytes, int, int, int] = self.contract.read("headOf", node)
        return found

    def statement(self, creator: Company, size: int, root: bytes) -> acks.Ack:
        """What holders sign for the next anchor of `creator`."""
        prev_root, prev_size, _, _ = self.head(creator.number)
        return acks.Ack(creator.number, creator.log, prev_size, prev_root, size, root)

    def ack(
        self, creator: Company, size: int, root: bytes, *signers: Company, instead: dict | None = None
    ) -> list[tuple]:
        """Acknowledgements of the creator's next anchor; `instead` replaces fields of what is signed."""
        digest = replace(self.statement(creator, size, root), **(instead or {})).digest(self.domain)
        return [as_struct(signer.number, acks.sign(digest, signer.key)) for signer in signers]

    def anchor(self, creator: Company, size: int, root: bytes, given: list[tuple] | None = None) -> Outcome:
        """Send the next anchor of `creator`."""
        return self.contract.send(
            creator.account, "anchor", self.head(creator.number)[1], size, root, given or []
        )


def as_struct(node: int, signature: bytes) -> tuple[int, bytes, bytes]:
    """An acknowledgement as the contract takes it."""
    return node, signature[:32], signature[32:]
