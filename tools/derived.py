"""Writing a file that is derived from others, or proving that it is what would be written.

SCRIPT            write
SCRIPT --check    compare; exit 1 on a difference
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path


def write_or_compare(target: Path, render: Callable[[], str]) -> None:
    """Do what the command line asks for. Exits with 1 and a message where `--check` finds another text."""
    parser = argparse.ArgumentParser(description=f"Write {target.name}, which is derived from other files.")
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 on a difference")
    check = parser.parse_args().check
    text = render()
    if not check:
        target.write_text(text, encoding="utf-8")
    elif not target.exists() or target.read_text(encoding="utf-8") != text:
        sys.exit(f"{target.name} is stale, run make openapi")
