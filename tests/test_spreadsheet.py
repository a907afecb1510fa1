"""CSV files for spreadsheets: no cell runs as a formula.

Numbers stay numbers, lists become text, and the bytes are always the same.
"""

import pandas as pd
import pytest

from analysis.spreadsheet import safe, write_csv


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")'])
def test_text_that_looks_like_a_formula_is_kept_as_text(text):
    table = safe(pd.DataFrame({"name": [text, "plain"], text: [1, 2]}))
    assert table["name"].tolist() == ["'" + text, "plain"]
    assert table.columns.tolist() == ["name", "'" + text]


def test_numbers_stay_numbers_and_lists_are_joined():
    table = safe(pd.DataFrame({"n": [-1, 2], "x": [-0.5, 1.0], "list": [["=a", "b"], []]}))
    assert table["n"].tolist() == [-1, 2] and table["x"].tolist() == [-0.5, 1.0]
    assert table["list"].tolist() == ["'=a;b", ""]


def test_categories_and_missing_cells(tmp_path):
    table = pd.DataFrame({"kind": pd.Categorical(["-x", None]), "day": pd.to_datetime(["2025-10-25", None])})
    write_csv(table, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == b"kind,day\n'-x,2025-10-25\n,\n"
