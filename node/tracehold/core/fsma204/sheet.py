"""A sheet as CSV (RFC 4180) in UTF-8, safe to open in a spreadsheet program."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 - the wide forms are what is meant
"""How a cell begins that spreadsheet programs take for a formula, or that hides how it begins."""


def harmless(cell: str) -> str:
    """The cell as text for a spreadsheet program: an apostrophe before what it would run as a formula."""
    return f"'{cell}" if cell and (cell[0] in _FORMULA or cell.lstrip(" \x00")[:1] in _FORMULA) else cell


def csv_bytes(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    """The sheet: a line of names, then one for each row. Lines end in CR LF; cells are quoted where they
    must be.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([harmless(row[name]) for name in columns])
    # A lone surrogate has no UTF-8 form. JSON can bring one; a sheet cannot hold it.
    return text.getvalue().encode("utf-8", "replace")
