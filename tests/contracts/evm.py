"""The contract on bare py-evm: calls run in one open block, without signatures, each in some milliseconds."""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, ClassVar

from eth.chains.base import MiningChain
from eth.consensus import ConsensusApplier, NoProofConsensus
from eth.constants import POST_MERGE_DIFFICULTY, POST_MERGE_MIX_HASH, POST_MERGE_NONCE
from eth.db.atomic import AtomicDB
from eth.vm.forks import PragueVM
from eth.vm.spoof import SpoofTransaction

from tracehold.adapters.ethereum import abi

GAS = 12_000_000


class Chain(MiningChain):
    """Prague rules, no seal."""

    chain_id = 7447
    vm_configuration = ConsensusApplier(NoProofConsensus).amend_vm_configuration(((0, PragueVM),))


class Reverted(Exception):
    """The contract refused. `name` is its error's name, or empty; `args` are in `text`."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.name = text.partition("(")[0]
        self.text = text


@dataclass(frozen=True)
class Outcome:
    """What a call did: bytes returned, logs as (address, topics, data), gas with warm slots, address
    created.
    """

    output: bytes
    logs: list[tuple[bytes, tuple[bytes, ...], bytes]]
    gas: int
    created: bytes

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """The logs by the contract's event names."""
        names = {abi.topic(name): name for name in abi.artifact().events}
        return [
            (name := names[topics[0]], abi.decode_event(name, topics, data)) for _, topics, data in self.logs
        ]


def slot_of(variable: str) -> int:
    """Storage slot of one of the contract's variables."""
    layout = json.loads((files("tracehold.adapters.ethereum") / "artifacts" / "Anchors.json").read_text())
    (found,) = [entry for entry in layout["storageLayout"]["storage"] if entry["label"] == variable]
    return int(found["slot"])


class Evm:
    """One chain's open block. `genesis_time` changes every block hash, so also a deployment's salt."""

    blocks: ClassVar[int] = 2

    def __init__(self, chain_id: int = 7447, genesis_time: int = 1_700_000_000) -> None:
        genesis: Any = {
            "coinbase": bytes(20),
            "difficulty": POST_MERGE_DIFFICULTY,
            "extra_data": b"",
            "gas_limit": 30_000_000,
            "mix_hash": POST_MERGE_MIX_HASH,
            "nonce": POST_MERGE_NONCE,
            "timestamp": genesis_time,
        }
        chain: Any = Chain.from_genesis(AtomicDB(), genesis, {})
        for number in range(1, self.blocks + 1):
            chain.mine_block(timestamp=genesis_time + number)
        self.parent = chain.get_canonical_head()
        vm = type("Vm", (Chain,), {"chain_id": chain_id})(chain.chaindb.db).get_vm()
        self.chain_id = chain_id
        self.state = vm.state
        self._build = vm.get_transaction_builder()

    def execute(self, sender: bytes, to: bytes, data: bytes) -> Outcome:
        """Run a transaction as if the sender had signed it. Raises Reverted."""
        self.state.set_balance(sender, 10**24)
        unsigned = self._build.new_unsigned_dynamic_fee_transaction(
            chain_id=self.chain_id,
            nonce=self.state.get_nonce(sender),
            max_priority_fee_per_gas=0,
            max_fee_per_gas=10**10,
            gas=GAS,
            to=to,
            value=0,
            data=data,
            access_list=(),
        )
        done = self.state.apply_transaction(SpoofTransaction(unsigned, from_=sender))
        if done.is_error:
            raise Reverted(abi.decode_error(done.output) or f"unknown {done.error!r} {done.output.hex()}")
        logs = [
            (address, tuple(topic.to_bytes(32, "big") for topic in topics), content)
            for address, topics, content in done.get_log_entries()
        ]
        return Outcome(done.output, logs, done.get_gas_used(), done.msg.storage_address)


@dataclass
class Deployed:
    """A contract on an Evm; calls by name."""

    evm: Evm
    address: bytes

    @classmethod
    def create(cls, evm: Evm, sender: bytes, network_id: bytes, admin: bytes, quorum: int) -> "Deployed":
        """Deploy the committed artifact."""
        return cls(evm, evm.execute(sender, b"", abi.encode_deploy(network_id, admin, quorum)).created)

    def send(self, sender: bytes, function: str, *arguments: Any) -> Outcome:
        """A transaction; what it changes stays."""
        return self.evm.execute(sender, self.address, abi.encode_call(function, *arguments))

    def read(self, function: str, *arguments: Any) -> Any:
        """A view call: its one result, or the tuple of them."""
        found = abi.decode_result(function, self.send(b"\x01" * 20, function, *arguments).output)
        return found[0] if len(found) == 1 else found
