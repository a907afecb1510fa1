"""CSV files for spreadsheets: no cell runs as a formula.

Numbers stay numbers, lists become text, and the bytes are always the same.
"""

import pandas as pd
import pytest

from analysis.spreadsheet import csv_text, neutral, original, safe, write_csv


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


@pytest.mark.parametrize("text", ["=1", "'=1", "''=1", "'", "'tis", "''", "", "+", "-0.5", "@x", "\t", "\r", "'\t",
                                  "a=1", " =1"])
def test_a_neutral_cell_can_be_undone(text):
    assert original(neutral(text)) == text
    assert not str(neutral(text)).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_what_is_no_text_is_left_as_it_is():
    assert [original(neutral(value)) for value in (-1, 0.5, True, None)] == [-1, 0.5, True, None]


def test_exact_csv_keeps_carriage_returns_and_all_digits():
    table = pd.DataFrame({"text": ["a\rb", "c"], "x": [0.123456789, 1e-9]})
    assert csv_text(table, exact=True) == '"text","x"\n"a\rb",0.123456789\n"c",1e-09\n'
    assert csv_text(table[1:]) == "text,x\nc,1e-09\n"
