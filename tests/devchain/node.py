"""A chain in the test's own thread: the whole program but its HTTP and its sealing thread."""

import json
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from tests.devchain.bytecode import DEPLOYMENT
from tracehold.devchain.chain import DevChain, Settings
from tracehold.devchain.rpc import Rpc
from tracehold.devchain.view import Views

CHAIN_ID = 7447
GWEI = 10**9


class Refused(Exception):
    """An error answer."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error)
        self.code, self.message, self.data = error["code"], error["message"], error.get("data")


class Clock:
    """Time that stands still until it is set."""

    def __init__(self, now: int = 1_800_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        """Seconds since 1970."""
        return self.now


def account(name: str) -> LocalAccount:
    """A key that is the same in every run."""
    signer: LocalAccount = Account.from_key(name.encode().rjust(32, b"\x01"))
    return signer


ALICE, BOB, POOR = account("alice"), account("bob"), account("poor")


def signed(signer: LocalAccount, **fields: Any) -> str:
    """A raw transaction: dynamic fee, 100,000 gas to oneself, unless the fields say otherwise."""
    defaults: dict[str, Any] = {
        "chainId": CHAIN_ID,
        "gas": 100_000,
        "value": 0,
        "data": "0x",
        "to": signer.address,
    }
    if "gasPrice" not in fields:
        defaults |= {"maxFeePerGas": 10 * GWEI, "maxPriorityFeePerGas": GWEI}
    merged = {name: value for name, value in (defaults | fields).items() if value is not None}
    return "0x" + signer.sign_transaction(merged).raw_transaction.hex()


class Node:
    """One open chain with the accounts alice and bob funded."""

    def __init__(self, directory: Path, clock: Clock | None = None, chain_id: int = CHAIN_ID) -> None:
        self.directory = directory
        self.clock = clock or Clock()
        settings = Settings(directory, chain_id, (ALICE.address, BOB.address))
        self.chain = DevChain(settings, self.clock)
        self.views = Views(directory, chain_id, 2)
        self.server = Rpc(self.chain, self.views)

    def rpc(self, method: str, *params: Any) -> Any:
        """The result; raises Refused."""
        answer = self.raw({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    def raw(self, request: Any) -> Any:
        """The whole answer to a request."""
        answer = self.server.answer(json.dumps(request).encode())
        return None if answer is None else json.loads(answer)

    def send(self, signer: LocalAccount = ALICE, **fields: Any) -> str:
        """Sign and send; the nonce is the next one unless given."""
        if "nonce" not in fields:
            fields["nonce"] = int(self.rpc("eth_getTransactionCount", signer.address, "pending"), 16)
        result: str = self.rpc("eth_sendRawTransaction", signed(signer, **fields))
        return result

    def mine(self, signer: LocalAccount = ALICE, **fields: Any) -> dict[str, Any]:
        """Send, seal, and the receipt."""
        tx_hash = self.send(signer, **fields)
        self.chain.seal()
        receipt: dict[str, Any] = self.rpc("eth_getTransactionReceipt", tx_hash)
        return receipt

    def deploy(self) -> str:
        """The address of a new contract of `bytecode`."""
        receipt = self.mine(to=None, data=DEPLOYMENT, gas=500_000)
        address: str = receipt["contractAddress"]
        return address

    def close(self) -> None:
        """As a stop would, but without a last block."""
        self.views.drain()
        self.views.close()
        self.chain.close()
