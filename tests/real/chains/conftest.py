import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.real.chains.programs import anvil, devchain, geth_dev
from tests.real.chains.site import Chain, Site, founded, visited

MADE: dict[str, Callable[[Path], Chain]] = {
    "devchain": devchain,
    "geth-dev": geth_dev,
    "anvil": anvil,
}


@pytest.fixture(scope="session", params=[*MADE, "clique"])
def founded_chain(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Chain, bytes]]:
    """Each chain in turn with the contract; one for all tests of the session."""
    if request.param == "clique":
        shared: Chain = request.getfixturevalue("consortium")
        yield shared, asyncio.run(founded(shared))
        return
    chain = MADE[request.param](tmp_path_factory.mktemp(request.param))
    try:
        chain.start()
        yield chain, asyncio.run(founded(chain))
    finally:
        chain.kill()


@pytest.fixture
async def site(founded_chain: tuple[Chain, bytes]) -> AsyncIterator[Site]:
    """The contract on each chain, from this test's event loop."""
    async with visited(*founded_chain) as found:
        yield found
