"""`journey.ports.Ledger` over a JSON-RPC chain; what each method promises stands there."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from coincurve import PrivateKey

from tracehold.adapters.ethereum import abi, acks, finality, proof
from tracehold.adapters.ethereum.acknowledged import with_acks
from tracehold.adapters.ethereum.anchored import AnchoredReader
from tracehold.adapters.ethereum.answers import hexed
from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.ethereum.contract import AnchorsContract
from tracehold.adapters.ethereum.earlier import EarlierContracts
from tracehold.adapters.ethereum.endpoints import Endpoints, clients_of
from tracehold.adapters.ethereum.feed import EthereumFeed
from tracehold.adapters.ethereum.finality import Finality
from tracehold.adapters.ethereum.members import MemberReader
from tracehold.adapters.ethereum.nonces import OwnNonces
from tracehold.adapters.ethereum.outlook import EthereumOutlook
from tracehold.adapters.ethereum.pins import Pinning, Pins
from tracehold.adapters.ethereum.sender import Sender
from tracehold.adapters.ethereum.settings import Settings
from tracehold.core.errors import Rejected, TraceholdError
from tracehold.core.ids import Fingerprint, Root
from tracehold.core.merkle import EMPTY_ROOT
from tracehold.core.receipt import Anchor, AnchorProof
from tracehold.journey.follow import untold
from tracehold.journey.ports import Acknowledgement, Head, Member, Mined, Network, Pledge, SignedTransaction

__all__ = ["EthereumLedger", "Settings"]


class EthereumLedger:
    """One contract on one chain, seen with one account. Opens nothing until it is used, and admits every
    address before it is asked.
    """

    def __init__(
        self,
        settings: Settings,
        clients: Client | Sequence[Client] = (),
        pinning: Pinning | None = None,
        told: Callable[[TraceholdError], None] = untold,
    ) -> None:
        """`clients` in place of the settings' addresses; `told` hears of those that are of another chain."""
        self._settings = settings
        self._policy = finality.parse(settings.finality)
        self._pinning = pinning or Pinning(settings)
        self.endpoints = Endpoints(clients_of(settings, clients), self._pinning.admit, told)
        """The addresses, for whoever watches over them."""
        self._client = Client(line=self.endpoints)
        self._contract = AnchorsContract(self._client, settings.contract)
        self._members = MemberReader(self._contract, settings.first_block)
        self._sender: Sender | None = None
        self.nonces = OwnNonces()
        """For whoever else sends with this account."""
        self._anchored = AnchoredReader(self._contract)
        of = self._contract, settings.first_block, self.finality, self._members, self._anchored
        self.feed = EthereumFeed(*of)
        """Its events one after another, for whoever follows them."""
        self.earlier = EarlierContracts(self._contract, self._through)
        """The contracts that it took over from."""
        self.outlook = EthereumOutlook(self._client, self.endpoints, self._refreshed, self._own)
        """How the chain and the account stand."""

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def use(self, secret: bytes) -> None:
        """Be another account from now on."""
        self._settings, self._sender = replace(self._settings, secret=secret), None

    async def network(self) -> Network:
        """The contract's fixed points, quorum and operators at the latest block."""
        fixed = await self._ready()
        (quorum,) = await self._contract.call("quorum")
        (operators,) = await self._contract.call("activeOperators")
        where = (fixed.chain_id, self._contract.address, fixed.network_id, fixed.salt)
        return Network(*where, quorum, operators, fixed.genesis)

    async def software(self) -> str:
        """Name and version of the chain's node, as it says."""
        await self._ready()
        return str(await self._client.ask("web3_clientVersion"))[:200]

    async def finality(self) -> Finality:
        """The policy in force; found out once where the configuration says `auto`."""
        await self._ready()
        if self._policy is None:
            self._policy = await finality.detect(self._client)
        return self._policy

    async def _refreshed(self) -> Finality:
        self._policy = await finality.refreshed(await self.finality(), self._client)
        return self._policy

    async def members(self, *, final: bool = False) -> Sequence[Member]:
        """From events, read once up to the final block; only up to there with `final`."""
        known = await (await self.finality()).height(self._client)
        return await self._members.read(known, None if final else await self._client.height())

    async def myself(self) -> Member | None:
        """The member of this account."""
        account = None if self._settings.secret is None else (await self._own()).account
        return next((member for member in await self.members() if member.account == account), None)

    async def head(self, node: int) -> Head:
        """One call of headOf."""
        await self._ready()
        ((root, size, time, block),) = await self._contract.call("headOf", node)
        return Head(size, Root(root) if size else EMPTY_ROOT, block, time)

    async def height(self) -> int:
        """One question."""
        await self._ready()
        return await self._client.height()

    async def time(self) -> int:
        """Of the block that is the newest now."""
        await self._ready()
        if (block := await self._client.block("latest")) is None:
            raise self._client.down("knows no newest block")
        return block.time

    async def acknowledge(self, pledge: Pledge) -> bytes:
        """EIP-712 under the ledger key."""
        return acks.sign(await self._digest(pledge), PrivateKey(self._secret()))

    async def check_acknowledgement(self, pledge: Pledge, signature: bytes, account: bytes) -> None:
        """By the account that the signature gives."""
        if acks.signer(await self._digest(pledge), signature) != account:
            raise Rejected("BAD_SIGNATURE", "the acknowledgement is not of this account")

    async def prepare_anchor(
        self,
        prev_size: int,
        size: int,
        root: Root,
        acks: Sequence[Acknowledgement],
        replaces: SignedTransaction | None = None,
    ) -> SignedTransaction:
        """Dry run by an estimate of gas, then signed. Acknowledgements are put into the contract's order."""
        ordered = sorted(acks, key=lambda ack: ack.operator_number)
        given = [(ack.node, ack.signature[:32], ack.signature[32:]) for ack in ordered]
        data = abi.encode_call("anchor", prev_size, size, root, given)
        return await (await self._own()).call(self._contract, data, replaces)

    async def prepare_supersede(
        self,
        fingerprint: Fingerprint,
        replacement: Fingerprint,
        index: int,
        path: Sequence[bytes],
        replaces: SignedTransaction | None = None,
    ) -> SignedTransaction:
        """The same."""
        data = abi.encode_call("supersede", fingerprint, replacement, index, list(path))
        return await (await self._own()).call(self._contract, data, replaces)

    async def superseded(
        self, node: int, fingerprint: Fingerprint, *, final: bool = False
    ) -> Fingerprint | None:
        """One call of statusOf."""
        block = hexed(await (await self.finality()).height(self._client)) if final else "latest"
        (found,) = await self._contract.call("statusOf", node, fingerprint, block=block)
        return Fingerprint(found) if any(found) else None

    async def send(self, transaction: SignedTransaction) -> None:
        """eth_sendRawTransaction; "already known" and "nonce too low" are no errors."""
        await (await self._own()).send(transaction)

    async def find(self, transaction: SignedTransaction) -> Mined | None:
        """By receipt, if its block is the canonical one of its height."""
        fixed = await self._ready()
        return await self._anchored.mined(transaction.hash, fixed.chain_id)

    async def spent(self, transaction: SignedTransaction) -> bool:
        """By the account's nonce and this transaction's receipt."""
        return await (await self._own()).spent(transaction)

    async def stuck(self, transaction: SignedTransaction) -> bool:
        """By the account's nonce with what waits."""
        return await (await self._own()).stuck(transaction)

    async def find_anchor(self, node: int, size: int) -> Anchor | None:
        """At the head's block where it is the newest, else by pages backwards."""
        fixed, head = await self._ready(), await self.head(node)
        if head.size < size:
            return None
        first = head.block_number if head.size == size else self._settings.first_block
        return await self._anchored.exactly(node, size, first, head.block_number, fixed.chain_id)

    async def anchors(self, node: int, after: int, block: int = 0) -> Sequence[Anchor]:
        """By pages forwards, up to the head's block."""
        fixed, head = await self._ready(), await self.head(node)
        if head.size <= after:
            return ()
        first = max(block, self._settings.first_block)
        return await self._anchored.after(node, after, first, head.block_number, fixed.chain_id)

    async def is_final(self, anchor: Anchor) -> bool:
        """Canonical, and not above the newest final block."""
        final = await (await self.finality()).height(self._client)
        return anchor.block_number <= final and await self.is_canonical(anchor)

    async def is_canonical(self, anchor: Anchor) -> bool:
        """By the block hash at its height. A node that lags has none."""
        await self._ready()
        block = await self._client.block(anchor.block_number)
        if block is None:
            raise self._client.down(f"knows no block {anchor.block_number}")
        return block.hash == anchor.block_hash

    async def proof(self, anchor: Anchor) -> AnchorProof:
        """Receipt path, as many headers on top as the policy's depth, and the acknowledgements."""
        depth = (await self.finality()).depth
        found = await proof.capture(self._client, anchor.block_hash, anchor.tx_hash, depth)
        domain = await self._domain()
        return await with_acks(self._contract, anchor, found, domain, self._settings.first_block)

    async def _ready(self) -> Pins:
        """What is fixed, after making sure that the chain is still the same one."""
        await self.endpoints.ready()
        if self._pinning.pins is None:
            raise AssertionError("an address in use was admitted")
        return self._pinning.pins

    def _through(self, contract: bytes) -> "EthereumLedger":
        return EthereumLedger(replace(self._settings, contract=contract, secret=None), self._client)

    async def _own(self) -> Sender:
        fixed, secret = await self._ready(), self._secret()
        if self._sender is None:
            self._sender = Sender(self._client, fixed.chain_id, secret, self._settings.fees, self.nonces)
        return self._sender

    def _secret(self) -> bytes:
        if self._settings.secret is None:
            raise Rejected("NOT_A_MEMBER", "no ledger account was given")
        return self._settings.secret

    async def _digest(self, pledge: Pledge) -> bytes:
        return acks.ack_of(pledge).digest(await self._domain())

    async def _domain(self) -> acks.Domain:
        fixed = await self._ready()
        return acks.Domain(fixed.chain_id, self._contract.address, fixed.salt)
