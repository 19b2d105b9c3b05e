"""When a block is final: policies as configured, and found out from what each kind of chain says."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import rlp

from tests.ports.ledgers import OnDevchain
from tracehold.adapters.ethereum import finality
from tracehold.adapters.ethereum.finality import Finality
from tracehold.core.errors import Rejected

UNKNOWN = {"error": {"code": -39001, "message": "Unknown block"}}
NOT_FOUND = {"error": {"code": -32000, "message": "finalized block not found"}}
NULL = {"result": None}


@pytest.fixture
async def chain(tmp_path: Path) -> AsyncIterator[OnDevchain]:
    """A chain in hand."""
    made = await OnDevchain(tmp_path).start()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("text", "policy", "shown"),
    [
        ("tag", Finality("tag"), "tag"),
        ("depth:12", Finality("depth", 12), "depth:12"),
        ("depth:0", Finality("depth"), "instant"),
        ("depth:1000", Finality("depth", 1000), "depth:1000"),
        ("instant", Finality("depth"), "instant"),
        ("auto", None, "None"),
    ],
)
def test_configured(text: str, policy: Finality | None, shown: str):
    """Each form, and how it is shown again."""
    assert finality.parse(text) == policy
    assert str(policy) == shown


@pytest.mark.parametrize(
    "text", ["", "depth", "depth:", "depth:-1", "depth:1001", "depth:²", "tags", "tag:1", "12"]
)
def test_misconfigured(text: str):
    """Anything else is told with the place in the configuration."""
    with pytest.raises(Rejected) as refused:
        finality.parse(text)
    assert (refused.value.code, refused.value.path) == ("BAD_CONFIG", "ledger.finality")


def says(chain: OnDevchain, final: Any, **header: str) -> None:
    """Let the chain answer so for the `finalized` tag, and have such fields in its other headers."""

    def block(ref: str, full: bool) -> dict[str, Any]:
        if ref == "finalized":
            answer: dict[str, Any] = final
            return answer
        return {"result": {**chain.node.rpc("eth_getBlockByNumber", ref, full), **header}}

    chain.wire.answers["eth_getBlockByNumber"] = block


def clique(signers: int) -> str:
    """extraData of a Clique checkpoint block."""
    return "0x" + "00" * 32 + "5a" * 20 * signers + "00" * 65


BFT = "0x" + rlp.encode([bytes(32), [b"\x5a" * 20] * 4, [], 0, []]).hex()


@pytest.mark.parametrize("final", [UNKNOWN, NOT_FOUND, NULL], ids=["besu", "geth", "null"])
@pytest.mark.parametrize(
    ("header", "policy"),
    [
        ({"difficulty": "0x0"}, Finality("tag")),
        ({"difficulty": "0x1", "extraData": BFT}, Finality("depth", 1)),
        ({"difficulty": "0x2", "extraData": clique(1)}, Finality("depth", 1)),
        ({"difficulty": "0x2", "extraData": clique(3)}, Finality("depth", 2)),
        ({"difficulty": "0x1", "extraData": clique(4)}, Finality("depth", 3)),
        ({"difficulty": "0x1", "extraData": clique(5)}, Finality("depth", 3)),
        ({"difficulty": "0x400000000", "extraData": "0x1234"}, Finality("depth", 12)),
        ({"difficulty": "0x2", "extraData": "0x"}, Finality("depth", 12)),
    ],
    ids=["pos", "bft", "clique1", "clique3", "clique4", "clique5", "pow", "odd"],
)
async def test_found_out(chain: OnDevchain, final: dict[str, Any], header: dict[str, str], policy: Finality):
    """By the tag's absence and the header; Clique's signers as the genesis block lists them."""
    says(chain, final, **header)
    assert await finality.detect(chain.client) == policy


async def test_clique_says_its_signers_now(chain: OnDevchain):
    """clique_getSigners is newer than the genesis block."""
    says(chain, NOT_FOUND, difficulty="0x2", extraData=clique(3))
    chain.wire.answers["clique_getSigners"] = {"result": ["0x" + "5a" * 20] * 9}
    assert await finality.detect(chain.client) == Finality("depth", 5)


def sealed(chain: OnDevchain, height: int, listed: dict[int, int]) -> None:
    """Let it be a Clique chain of this height, whose headers list so many signers; all others list none."""

    def block(ref: str, full: bool) -> dict[str, Any]:
        if ref == "finalized":
            return NOT_FOUND
        at = height if ref == "latest" else int(ref, 16)
        header = {"number": hex(at), "difficulty": "0x2", "extraData": clique(listed.get(at, 0))}
        return {"result": {**chain.node.rpc("eth_getBlockByNumber", "latest", full), **header}}

    chain.wire.answers["eth_getBlockByNumber"] = block
    chain.wire.answers["eth_blockNumber"] = {"result": hex(height)}


@pytest.mark.parametrize(
    ("height", "listed", "policy"),
    [
        (29_999, {0: 3, 30_000: 7}, Finality("depth", 2)),
        (60_005, {0: 3, 30_000: 5, 60_000: 7}, Finality("depth", 4)),
        (60_005, {0: 5, 59_000: 7}, Finality("depth", 3)),
        (60_005, {}, Finality("depth", 12)),
    ],
    ids=["first epoch", "third epoch", "other epochs", "no clique"],
)
async def test_signers_of_the_newest_epoch(
    chain: OnDevchain, height: int, listed: dict[int, int], policy: Finality
):
    """Where the chain's node does not serve `clique`: sealers that were voted in count from the epoch on."""
    sealed(chain, height, listed)
    assert await finality.detect(chain.client) == policy


async def test_attack_a_silent_node_makes_nothing_final_sooner(chain: OnDevchain):
    """Five were told; a node that refuses to say so, or says nothing, leaves the depth as it was. Only who
    tells of fewer lowers it.
    """
    sealed(chain, 60_005, {0: 1, 60_000: 3})
    chain.wire.answers["clique_getSigners"] = {"result": ["0x" + "5a" * 20] * 5}
    policy = await finality.detect(chain.client)
    silences: list[dict[str, Any]] = [{"error": {"code": -32601, "message": "none"}}, NULL, {"result": []}]
    for silence in silences:
        chain.wire.answers["clique_getSigners"] = silence
        policy = await finality.refreshed(policy, chain.client)
        assert policy == Finality("depth", 3)
    sealed(chain, 90_000, {90_000: 7})
    policy = await finality.refreshed(policy, chain.client)
    assert policy == Finality("depth", 4)
    chain.wire.answers["clique_getSigners"] = {"result": ["0x" + "5a" * 20] * 3}
    assert await finality.refreshed(policy, chain.client) == Finality("depth", 2)


async def test_devchain_has_the_tag(chain: OnDevchain):
    """Our own chain is final at once, by its tag."""
    assert await finality.detect(chain.client) == Finality("tag")
    assert await Finality("tag").height(chain.client) == await chain.client.height()


async def test_heights(chain: OnDevchain):
    """The newest final block, -1 while there is none."""
    height = await chain.client.height()
    assert await Finality("depth", 0).height(chain.client) == height
    assert await Finality("depth", 2).height(chain.client) == height - 2
    assert await Finality("depth", height + 1).height(chain.client) == -1
    assert await Finality("depth", 1000).height(chain.client) == -1
    says(chain, UNKNOWN)
    assert await Finality("tag").height(chain.client) == -1
