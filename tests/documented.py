"""The commands of a document, for tests that run them as they stand there: what is between ```sh and ```
after a line `<!-- test: NAME -->`.
"""

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"

_BLOCK = re.compile(
    r"^<!-- test: (?P<name>[a-z0-9-]+) -->\n```sh\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


def blocks(document: str) -> dict[str, str]:
    """The scripts of a file of docs/, by name. A name that stands twice fails the test that asks."""
    text = (DOCS / document).read_text(encoding="utf-8")
    found = _BLOCK.findall(text)
    names = [name for name, _ in found]
    assert len(set(names)) == len(names) == text.count("<!-- test: "), f"a block of {document} is amiss"
    return dict(found)
