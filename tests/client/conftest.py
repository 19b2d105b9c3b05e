import pytest

from tests.blocks import anchor
from tests.client.verifying import SIZE
from tests.logs import Log
from tracehold.core.anchor import Anchor


@pytest.fixture
def log() -> Log:
    """Nine entries, of which the farm's events begin at 2."""
    return Log().fill(SIZE)


@pytest.fixture
def proved(log: Log) -> Anchor:
    """The log's anchor with its proof."""
    return anchor(log, SIZE)
