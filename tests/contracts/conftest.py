from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.contracts.evm import Evm, Reverted
from tests.contracts.world import World


@pytest.fixture
def world_of() -> Callable[[int], World]:
    """Deploys a network of so many companies."""
    return lambda size: World(Evm(), size)


@pytest.fixture
def one(world_of: Callable[[int], World]) -> World:
    """One company alone, quorum 0."""
    return world_of(1)


@pytest.fixture
def four(world_of: Callable[[int], World]) -> World:
    """Four companies, quorum 1."""
    return world_of(4)


@pytest.fixture
def refused() -> Callable:
    """`with refused("Name"):` the contract must refuse with this error (and these arguments, if given)."""

    @contextmanager
    def expect(error: str) -> Iterator[None]:
        with pytest.raises(Reverted) as caught:
            yield
        assert error in {caught.value.name, caught.value.text}, caught.value.text

    return expect
