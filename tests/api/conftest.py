from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.face import Face
from tests.api.face import face as open_face


@pytest.fixture
async def face(tmp_path: Path) -> AsyncIterator[Face]:
    async with open_face(tmp_path) as made:
        yield made
