"""Tables written for people who open them in a spreadsheet: what looks like a formula stays text.

Text from articles is untrusted; a cell that begins with = + - @ would run (OWASP, CSV Injection).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def neutral(value: object) -> object:
    """A text cell with an apostrophe before what a spreadsheet would take for a formula; anything else as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def safe(table: pd.DataFrame) -> pd.DataFrame:
    """The table with neutral text cells and column names; lists are joined with semicolons."""
    table = table.rename(columns=neutral)
    for column in table.columns[[not pd.api.types.is_numeric_dtype(dtype) for dtype in table.dtypes]]:
        if not pd.api.types.is_datetime64_dtype(table[column]):
            cells = table[column].astype(object).map(lambda v: ";".join(v) if isinstance(v, list) else v)
            table[column] = cells.map(neutral)
    return table


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as UTF-8 CSV with LF line ends, no index, floats to six digits, dates as YYYY-MM-DD."""
    text = safe(table).to_csv(index=False, float_format="%.6g", date_format="%Y-%m-%d", lineterminator="\n")
    path.write_text(text, encoding="utf-8", newline="")
