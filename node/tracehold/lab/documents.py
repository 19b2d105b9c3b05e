"""JSON files that only the owner reads (they hold tokens) and that are whole at any moment."""

import json
import os
from pathlib import Path
from typing import Any

from tracehold.core.errors import Broken, Rejected


def write_json(path: Path, document: Any) -> None:
    """Replace the file as a whole, durably: a crash leaves the old one or the new one."""
    changed = path.with_name(f".{path.name}.new")
    descriptor = os.open(changed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    changed.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """The file's object. Raises NOT_FOUND where there is no file, `Broken("CORRUPT")` where it is no
    object.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Rejected("NOT_FOUND", f"{path} is missing", path=str(path)) from error
    except (OSError, ValueError) as error:
        raise Broken("CORRUPT", f"{path} cannot be read") from error
    if not isinstance(found, dict):
        raise Broken("CORRUPT", f"{path} holds no object")
    return found
