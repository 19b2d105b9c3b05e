from collections.abc import Iterator

import pytest

from tests.real.chains.consortium import Consortium


@pytest.fixture(scope="session")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    """The Clique network of three sealers that all tests share which leave it as it was."""
    chain = Consortium(tmp_path_factory.mktemp("clique"))
    try:
        chain.start()
        yield chain
    finally:
        chain.kill()
