"""Published reference data, kept outside the repository (never committed here)."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared(relative: str) -> Path:
    """Path of one reference file or folder; skips the calling test, saying so, where the folder is absent."""
    path = ROOT / relative
    if not path.exists():
        pytest.skip(f"reference data {relative} is not here (looked in {ROOT})")
    return path
