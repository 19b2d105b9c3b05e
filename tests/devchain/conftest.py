"""Chains for the tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.devchain.node import Node


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    opened = Node(tmp_path / "chain")
    yield opened
    opened.close()
