"""What an operator does to the contract with one account: as admin deploy it, enrol, revoke, set the quorum;
as a node replace its keys.

Each call sends one transaction with the admin's key and waits for its block, so it
suits a command line, not a server. One that waits too long offers more (`delivery`).
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from tracehold.adapters.ethereum import abi
from tracehold.adapters.ethereum.answers import Outcome, hexed, unhexed
from tracehold.adapters.ethereum.client import Client, RpcError
from tracehold.adapters.ethereum.contract import AnchorsContract, refusal
from tracehold.adapters.ethereum.delivery import Delivery, Patience
from tracehold.adapters.ethereum.nonces import OwnNonces
from tracehold.adapters.ethereum.sender import TRANSFER_GAS, Sender
from tracehold.adapters.ethereum.settings import FeePolicy
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId, NetworkId
from tracehold.journey.ports import Role, SignedTransaction

NOTHING = b""
"""The recipient of a transaction that creates a contract."""
FIRST = bytes(20)
"""The predecessor of a network's first contract."""


@dataclass(frozen=True, slots=True)
class NewNode:
    """A node to be enrolled. `record` is its signed node record, at most 8 KiB; it becomes public."""

    operator: int
    account: bytes
    node_key: bytes
    log: LogId
    roles: Collection[Role]
    record: bytes


STANDS_S = 30.0
"""Seconds that a contract which was deployed may be gone, while blocks are replaced by others."""


class Admin:
    """One account that may send to one chain. `sleep` waits `poll_s` seconds between looks for a receipt;
    what no block took in `replace_after_s` seconds is sent at a higher fee.

    Every method raises `Unavailable` (CHAIN_DOWN, NO_FUNDS, FEE_CAP, KEY_BUSY), `Broken("WRONG_CHAIN")`, and
    `Rejected("LEDGER_REFUSED")` with the contract's error in its message.
    """

    def __init__(
        self,
        client: Client,
        secret: bytes,
        sleep: Callable[[float], Awaitable[None]],
        poll_s: float = 0.25,
        *,
        fees: FeePolicy = FeePolicy(),  # noqa: B008  frozen
        nonces: OwnNonces | None = None,
        replace_after_s: float = 60.0,
    ) -> None:
        self._client = client
        self._secret = secret
        self._patience = Patience(sleep, poll_s, replace_after_s)
        self._fees = fees
        self._nonces = nonces

    async def deploy(
        self,
        network_id: NetworkId,
        quorum: int,
        admin: bytes | None = None,
        predecessor: bytes = FIRST,
    ) -> bytes:
        """Deploy the contract; its address. `admin` is this account unless another one is named, as a
        multisig. `predecessor` is the contract of the same network that it takes over from.
        """
        sender = await self._sender()
        code = abi.encode_deploy(network_id, admin or sender.account, quorum, predecessor)
        outcome = await self._transact(sender, NOTHING, code)
        if outcome.created is None:
            raise self._client.down("tells no address of the new contract")
        return outcome.created

    async def enrol_operator(self, contract: bytes, party: str) -> int:
        """Enrol an operator; its number."""
        outcome = await self._call(contract, "enrolOperator", party)
        return self._number(outcome, "OperatorEnrolled", "operator")

    async def enrol_node(self, contract: bytes, node: NewNode) -> int:
        """Enrol a node of an operator; its number."""
        roles = bits_of(node.roles)
        outcome = await self._call(
            contract, "enrolNode", node.operator, node.account, node.node_key, node.log, roles, node.record
        )
        return self._number(outcome, "NodeEnrolled", "node")

    async def governs(self, contract: bytes) -> bool:
        """Whether this account is the contract's admin."""
        (found,) = await AnchorsContract(self._client, contract).call("admin")
        return bytes(unhexed(found)) == (await self._sender()).account

    async def operator_of(self, contract: bytes, party: str) -> int:
        """Number of the party's newest operator, 0 if it has none."""
        (found,) = await AnchorsContract(self._client, contract).call("operatorOf", party)
        number: int = found
        return number

    async def set_roles(self, contract: bytes, node: int, roles: Collection[Role]) -> None:
        """Set a node's roles; none suspends it."""
        await self._call(contract, "setNodeRoles", node, bits_of(roles))

    async def revoke_node(self, contract: bytes, node: int) -> None:
        """Revoke a node for good."""
        await self._call(contract, "revokeNode", node)

    async def revoke_operator(self, contract: bytes, operator: int) -> None:
        """Revoke an operator and its nodes for good."""
        await self._call(contract, "revokeOperator", operator)

    async def set_quorum(self, contract: bytes, quorum: int) -> None:
        """Set the quorum within its bounds (docs/spec/contract.md)."""
        await self._call(contract, "setQuorum", quorum)

    async def replace_keys(self, contract: bytes, account: bytes, node_key: bytes, record: bytes) -> None:
        """Replace account, key and signed record of the node whose account this is."""
        await self._call(contract, "replaceKeys", account, node_key, record)

    async def retire(self, contract: bytes, size: int) -> None:
        """End the log of the node whose account this is; `size` is what is anchored of it now."""
        await self._call(contract, "retire", size)

    async def hand_over(self, to: bytes) -> None:
        """Send what the account still has to another one, but for the gas of doing so; nothing where that is
        more.
        """
        sender = await self._sender()
        rest = await sender.prepare_rest(to)
        if rest is not None:
            # At a higher fee it would be another amount: who sees it wait too long asks again.
            await Delivery(self._client, sender, rest, None).deliver(self._patience)

    async def pay(self, to: bytes, wei: int) -> None:
        """Send so much to another account."""
        await self._deliver(await self._sender(), to, b"", TRANSFER_GAS, wei)

    # -- parts

    async def _sender(self) -> Sender:
        chain_id = await self._client.chain_id()
        return Sender(self._client, chain_id, self._secret, self._fees, self._nonces)

    async def _call(self, contract: bytes, function: str, *arguments: object) -> Outcome:
        return await self._transact(await self._sender(), contract, abi.encode_call(function, *arguments))

    async def _transact(self, sender: Sender, to: bytes, data: bytes) -> Outcome:
        if to != NOTHING:
            await self._stands(to)
        gas = await self._estimate(sender.account, to, data)
        return await self._deliver(sender, to, data, gas + gas // 4)

    async def _stands(self, contract: bytes) -> None:
        # A block that replaced the one of the deployment may lack it for a moment. Gas that is estimated then
        # is that of a call to nobody: the transaction would fail in the contract, and be paid for.
        for _ in range(max(1, round(STANDS_S / self._patience.poll_s))):
            if await self._client.code(contract):
                return
            await self._patience.sleep(self._patience.poll_s)
        raise Rejected("LEDGER_REFUSED", f"no contract stands at {hexed(contract)}")

    async def _deliver(self, sender: Sender, to: bytes, data: bytes, gas: int, wei: int = 0) -> Outcome:
        async def signed(replaces: SignedTransaction | None = None) -> SignedTransaction:
            return await sender.prepare(to, data, gas, replaces, value=wei)

        return await Delivery(self._client, sender, await signed(), signed).deliver(self._patience)

    async def _estimate(self, account: bytes, to: bytes, data: bytes) -> int:
        if to:
            return await AnchorsContract(self._client, to).estimate(account, data)
        try:
            found = await self._client.request(
                "eth_estimateGas", {"from": hexed(account), "data": hexed(data)}
            )
        except RpcError as error:
            if (reverted := error.revert()) is None:
                raise self._client.down(f"answers eth_estimateGas with error {error.code}") from error
            raise refusal(reverted) from error
        with self._client.reading("eth_estimateGas"):
            return int(found, 16)

    def _number(self, outcome: Outcome, event: str, name: str) -> int:
        with self._client.reading("eth_getTransactionReceipt"):
            log = next(log for log in outcome.logs if log.topics[:1] == (abi.topic(event),))
            number: int = abi.decode_event(event, log.topics, log.data)[name]
            return number


def bits_of(roles: Collection[Role]) -> int:
    """Roles as the contract's bits."""
    bits = {Role.CREATOR: 1, Role.HOLDER: 2}
    return sum(bits[role] for role in set(roles))


def address(text: str) -> bytes:
    """An address of 0x and 40 hexadecimal digits. Raises `Rejected("BAD_CONFIG")`."""
    try:
        found = unhexed(text)
    except ValueError:
        found = b""
    if len(found) != 20:
        raise Rejected("BAD_CONFIG", f"{text!r} is no address: it has 0x and 40 hexadecimal digits")
    return found
