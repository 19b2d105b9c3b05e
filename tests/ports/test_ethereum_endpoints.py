"""Several addresses of one chain, and the pins that keep a node on it."""

from pathlib import Path

import pytest

from tests.devchain.node import BOB
from tests.ports.ledgers import OnDevchain, Wire, anchor
from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.ethereum.ledger import EthereumLedger, Settings
from tracehold.adapters.ethereum.pins import PinFile, Pinning, read_pins
from tracehold.core.errors import Broken, TraceholdError, Unavailable
from tracehold.core.ids import Root


def two(chain: OnDevchain, second: Wire, told: list[TraceholdError]) -> EthereumLedger:
    """A ledger with the chain's own address first and another wire behind it."""
    settings = Settings(rpc="", contract=chain.contract, secret=bytes(BOB.key))
    clients = [Client("http://one.test:1", provider=chain.wire), Client("http://two.test:2", provider=second)]
    return EthereumLedger(settings, clients, told=told.append)


async def test_the_next_address_answers(chain: OnDevchain):
    """One that is silent is passed over within the same question, and taken again at the next survey."""
    await anchor(chain, 0, 3)
    ledger = two(chain, Wire(chain.node), [])
    assert (await ledger.head(1)).size == 3
    chain.silence()
    assert (await ledger.head(1)).size == 3
    assert [each.in_use for each in ledger.endpoints.standing()] == [False, True]
    chain.wire.silent = False
    assert [each.in_use for each in await ledger.endpoints.survey()] == [True, False]


async def test_no_address_answers(chain: OnDevchain):
    """CHAIN_DOWN, until one does."""
    second = Wire(chain.node)
    ledger = two(chain, second, [])
    chain.silence()
    second.silent = True
    with pytest.raises(Unavailable) as down:
        await ledger.head(1)
    assert down.value.code == "CHAIN_DOWN"
    second.silent = False
    assert (await ledger.head(1)).size == 0


async def test_attack_fallback_of_another_chain(chain: OnDevchain, tmp_path: Path):
    """A chain with the same id and the same contract address, from another genesis: told, and never read."""
    chain.clock.now += 10_000
    again = await OnDevchain(tmp_path / "again", chain.clock).start()
    told: list[TraceholdError] = []
    other = Wire(again.node)
    ledger = two(chain, other, told)
    assert (await ledger.head(1)).size == 0
    chain.silence()
    with pytest.raises(Unavailable):
        await ledger.head(1)
    assert [error.code for error in told] == ["WRONG_CHAIN"] * len(told)
    assert told
    chain.wire.silent = False
    assert [each.up for each in await ledger.endpoints.survey()] == [True, False]
    again.close()


async def test_attack_chain_set_up_again_between_two_starts(chain: OnDevchain, tmp_path: Path):
    """What was kept in the folder is compared at the next start: WRONG_CHAIN, and not one log is read."""
    file = PinFile(tmp_path / "chain.json")
    assert file.read() is None
    file.keep(await read_pins(chain.client, chain.contract))
    assert file.read() == await read_pins(chain.client, chain.contract)
    chain.clock.now += 10_000
    again = await OnDevchain(tmp_path / "again", chain.clock).start()
    settings = Settings(rpc="", contract=again.contract)
    ledger = EthereumLedger(settings, again.client, Pinning(settings, file.read()))
    again.wire.asked.clear()
    with pytest.raises(Broken, match="begins with block") as broken:
        await ledger.members()
    assert broken.value.code == "WRONG_CHAIN"
    assert "eth_getLogs" not in {method for method, _ in again.wire.asked}
    again.close()


async def test_genesis_of_the_configuration(chain: OnDevchain):
    """It is demanded, whatever was kept."""
    found = await read_pins(chain.client, chain.contract)
    assert (await chain.open(genesis=found.genesis).network()).genesis == found.genesis
    with pytest.raises(Broken) as broken:
        await chain.open(genesis=b"\x66" * 32).network()
    assert broken.value.code == "WRONG_CHAIN"


async def test_file_that_cannot_be_read(tmp_path: Path):
    """Told as damage, and not taken for a first start."""
    path = tmp_path / "chain.json"
    path.write_text('{"chain_id": 1}')
    with pytest.raises(Broken) as broken:
        PinFile(path).read()
    assert broken.value.code == "CORRUPT"


async def test_contract_that_took_over(chain: OnDevchain):
    """A successor of the kept contract is taken; another contract of the same network is not."""
    kept = await read_pins(chain.client, chain.contract)
    after = await chain.admin.deploy(kept.network_id, 0, predecessor=chain.contract)
    other = await chain.admin.deploy(kept.network_id, 0)
    settings = Settings(rpc="", contract=after)
    ledger = EthereumLedger(settings, chain.client, Pinning(settings, kept))
    assert (await ledger.network()).contract == after
    settings = Settings(rpc="", contract=other)
    with pytest.raises(Broken, match="took over") as broken:
        await EthereumLedger(settings, chain.client, Pinning(settings, kept)).network()
    assert broken.value.code == "WRONG_CHAIN"


async def test_an_address_nobody_looked_at_is_asked_for_what_is_not_here(chain: OnDevchain):
    """A command asks before any survey, and the first address has thrown history away."""
    transaction = await chain.ledger.prepare_anchor(0, 3, Root(b"\x01" * 32), [])
    await chain.ledger.send(transaction)
    chain.mine()
    ledger = two(chain, Wire(chain.node), [])
    pruned = {"error": {"code": 4444, "message": "pruned history unavailable"}}
    chain.wire.answers["eth_getTransactionReceipt"] = pruned
    found = await ledger.find(transaction)
    assert found is not None
    assert found.succeeded
