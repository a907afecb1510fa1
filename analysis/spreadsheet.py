"""Tables written for people who open them in a spreadsheet: what looks like a formula stays text.

Text from articles is untrusted; a cell that begins with = + - @ would run (OWASP, CSV Injection).
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pandas as pd

# Apostrophes that stand before count too: else what was '=1 and what was =1 would be the same cell.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def neutral(value: object) -> object:
    """A text cell with an apostrophe before what a spreadsheet would take for a formula; anything else as it is."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def original(value: object) -> object:
    """What `neutral` made a cell from.

    >>> [original(neutral(text)) for text in ("=1+1", "'=1+1", "'tis", "plain")]
    ['=1+1', "'=1+1", "'tis", 'plain']
    """
    return value[1:] if isinstance(value, str) and value.startswith("'") and _FORMULA.match(value) else value


def safe(table: pd.DataFrame) -> pd.DataFrame:
    """The table with neutral text cells and column names; lists are joined with semicolons."""
    table = table.rename(columns=neutral)
    for column in table.columns[[not pd.api.types.is_numeric_dtype(dtype) for dtype in table.dtypes]]:
        if not pd.api.types.is_datetime64_dtype(table[column]):
            cells = table[column].astype(object).map(lambda v: ";".join(v) if isinstance(v, list) else v)
            table[column] = cells.map(neutral)
    return table


def csv_text(table: pd.DataFrame, exact: bool = False) -> str:
    """A table as CSV with LF line ends, no index, floats to six digits, dates as YYYY-MM-DD.

    exact: floats with all their digits, and every text cell in quotation marks (one that holds a carriage return would
    else end its row), so that `original` of the cells read is what was written.
    """
    return safe(table).to_csv(index=False, float_format=None if exact else "%.6g", date_format="%Y-%m-%d",
                              lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC if exact else csv.QUOTE_MINIMAL)


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as UTF-8 CSV (see `csv_text`)."""
    path.write_text(csv_text(table), encoding="utf-8", newline="")
